-- wrk script of bench/ask.sh: reviewed questions of the sample city in turn, answered as JSON.
local questions = {}
for line in io.lines(os.getenv("QUESTIONS")) do
    if #line > 0 then questions[#questions + 1] = line end
end
local next_one = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"
request = function()
    next_one = next_one % #questions + 1
    return wrk.format(nil, "/api/ask", nil, questions[next_one])
end
local refused = 0
response = function(status, headers, body)
    if status ~= 200 then refused = refused + 1 end
end
done = function(summary, latency)
    io.write(string.format(
        '{"requests_per_s":%.0f,"p50_ms":%.2f,"p99_ms":%.2f,"max_ms":%.2f,"requests":%d,"errors":%d}\n',
        summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
        latency:percentile(99) / 1000, latency.max / 1000, summary.requests,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status +
        summary.errors.timeout))
end
