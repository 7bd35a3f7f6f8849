import assert from 'node:assert/strict';
import { test } from 'node:test';

import { load } from './load.mjs';

const { SseParser } = await load('api/sse.ts');

const parse = (...pieces) => {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

test('an event has its id, name and data', () => {
  assert.deepEqual(parse('id: 7-1\nevent: answer\ndata: {"a":1}\n\n'), [
    { id: '7-1', event: 'answer', data: '{"a":1}' },
  ]);
});

test('a stream cut anywhere gives the same events', () => {
  const stream =
    ': hi\r\n\r\nid: 7-1\r\nevent: answer\r\ndata: 社保卡\r\ndata:补办\r\n\r\ndata: x\r\n\r\n';
  const whole = parse(stream);
  assert.equal(whole.length, 2);
  assert.equal(whole[0].data, '社保卡\n补办');
  assert.equal(whole[1].event, 'message');
  for (let cut = 0; cut <= stream.length; cut++)
    assert.deepEqual(parse(stream.slice(0, cut), stream.slice(cut)), whole, `cut at ${cut}`);
  assert.deepEqual(parse(...stream), whole);
});

test('LF, CR and CRLF all end a line', () => {
  for (const end of ['\n', '\r', '\r\n'])
    assert.deepEqual(
      parse(`event: a${end}data: 1${end}${end}`).map((event) => event.data),
      ['1'],
      JSON.stringify(end),
    );
});

test('comments and events without data are no events', () => {
  assert.deepEqual(parse(': heartbeat\n\n', 'event: a\n\n', '\n\n'), []);
});

test('an unfinished event is not given out', () => {
  assert.deepEqual(parse('data: half\n'), []);
});

test('the id stays until the next one, the name does not', () => {
  const events = parse('id: 3-1\nevent: a\ndata: 1\n\ndata: 2\n\n');
  assert.deepEqual(events[1], { id: '3-1', event: 'message', data: '2' });
});

test('only one space after the colon belongs to the format', () => {
  assert.equal(parse('data:  x\n\n')[0].data, ' x');
});

test('a byte order mark at the start is skipped', () => {
  assert.equal(parse('\uFEFFdata: 1\n\n')[0].data, '1');
});

test('a field without a colon has an empty value', () => {
  assert.equal(parse('data\n\n')[0].data, '');
});
