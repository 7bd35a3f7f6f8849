/* Requests with JSON answers. Every failure becomes an ApiError whose `message` may be shown. */

export type Trouble = 'offline' | 'away' | 'busy' | 'missing' | 'refused' | 'broken';

export class ApiError extends Error {
  constructor(
    readonly trouble: Trouble,
    message: string,
    readonly status = 0,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

const AWAY = '暂时连接不上服务器，您的问题没有丢失，请稍后重试。';
const OFFLINE = '您的设备目前没有联网，请检查网络后重试。';
const BUSY = '现在咨询的人较多，请稍等片刻再试。';
const BROKEN = '服务暂时出了问题，请稍后重试，或拨打热线咨询。';

export function networkError(): ApiError {
  return navigator.onLine === false ? new ApiError('offline', OFFLINE) : new ApiError('away', AWAY);
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

function troubleOf(status: number): Trouble {
  if (status === 404) return 'missing';
  if (status === 429 || status === 503) return 'busy';
  return status >= 500 ? 'broken' : 'refused';
}

/* Reads a problem document; a proxy's own HTML page gets our words instead. */
export function problemError(status: number, body: unknown): ApiError {
  const detail = (body as { detail?: unknown } | null)?.detail;
  const trouble = troubleOf(status);
  if (typeof detail === 'string' && detail !== '') return new ApiError(trouble, detail, status);
  if (status === 502 || status === 504) return new ApiError('away', AWAY, status);
  return new ApiError(trouble, trouble === 'busy' ? BUSY : BROKEN, status);
}

/* The response, or an ApiError. An abort by the caller stays an AbortError. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw networkError();
  }
  if (response.ok) return response;
  throw problemError(response.status, await response.json().catch(() => null));
}

export async function getJson<T>(
  path: string,
  query: Record<string, string | number | undefined> = {},
  signal?: AbortSignal,
): Promise<T> {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== '') params.set(key, String(value));
  const tail = params.toString();
  const response = await request(tail ? `${path}?${tail}` : path, {
    headers: { Accept: 'application/json' },
    signal,
  });
  try {
    return (await response.json()) as T;
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError('broken', BROKEN, response.status);
  }
}

export function postJson(
  path: string,
  body: unknown,
  accept: string,
  signal?: AbortSignal,
): Promise<Response> {
  return request(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: accept },
    body: JSON.stringify(body),
    signal,
  });
}
