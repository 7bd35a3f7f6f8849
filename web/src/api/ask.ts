/* One question to the server: the stream of its answer, taken up again where it broke off. */

import { ApiError, getJson, networkError, isAbort, postJson, problemError, request } from './http';
import { SseParser, type SseEvent } from './sse';
import type { Answer, Kind, Source, StatusEvent } from './types';

export interface AskRequest {
  question: string;
  dialogue?: string;
  region?: string;
}

export interface AskHandlers {
  onStatus(status: StatusEvent): void;
  onText(kind: Kind, text: string): void;
  onSource(source: Source): void;
  onReconnect(): void;
}

const STREAM = 'text/event-stream';
const RESUME_DELAYS_MS = [300, 1000, 2000, 4000, 8000];
// the server sends a heartbeat well within this time; silence means that the line is dead
const SILENCE_MS = 45_000;

/* Asks, and resolves with the whole answer once the server has made it durable.
 * Rejects with an AbortError when `signal` fires, else with an ApiError. */
export async function ask(
  question: AskRequest,
  handlers: AskHandlers,
  signal: AbortSignal,
): Promise<Answer> {
  const stream = new AnswerStream(handlers, signal);
  const response = await postJson('/api/ask', question, STREAM, signal);
  let answer = await stream.read(response);
  for (let attempt = 0; answer === null; attempt++) {
    if (stream.turn === null || attempt >= RESUME_DELAYS_MS.length) throw networkError();
    handlers.onReconnect();
    await pause(RESUME_DELAYS_MS[attempt], signal);
    answer = await stream.resume();
  }
  return answer;
}

class AnswerStream {
  turn: number | null = null;
  private dialogue = '';
  private lastId = '';

  constructor(
    private readonly handlers: AskHandlers,
    private readonly signal: AbortSignal,
  ) {}

  /* Reads to the end. null: the stream broke before its last event. */
  async read(response: Response): Promise<Answer | null> {
    if (!response.headers.get('Content-Type')?.startsWith(STREAM))
      return (await response.json()) as Answer;
    const reader = response.body!.getReader();
    const decoder = new TextDecoder();
    const parser = new SseParser();
    try {
      for (;;) {
        const { done, value } = await withinSilence(reader.read(), this.signal);
        if (done) return null;
        for (const event of parser.push(decoder.decode(value, { stream: true }))) {
          const answer = this.take(event);
          if (answer) return answer;
        }
      }
    } catch (error) {
      if (error instanceof ApiError || this.signal.aborted) throw error;
      return null;
    } finally {
      reader.cancel().catch(() => undefined);
    }
  }

  /* Takes the stream up after the last event seen. null: not yet, try again. */
  async resume(): Promise<Answer | null> {
    const path = `/api/turns/${this.turn}`;
    const query = `?dialogue=${encodeURIComponent(this.dialogue)}`;
    const headers = { Accept: STREAM, 'Last-Event-ID': this.lastId };
    try {
      return await this.read(
        await request(`${path}/events${query}`, { headers, signal: this.signal }),
      );
    } catch (error) {
      if (isAbort(error)) throw error;
      if (!(error instanceof ApiError)) return null;
      // the server keeps a finished turn longer than its stream
      if (error.trouble === 'missing')
        return getJson<Answer>(path, { dialogue: this.dialogue }, this.signal);
      if (error.trouble === 'refused') throw error;
      return null;
    }
  }

  private take(event: SseEvent): Answer | null {
    if (event.id !== '' && !this.isNew(event.id)) return null;
    const data: unknown = JSON.parse(event.data);
    switch (event.event) {
      case 'status': {
        const status = data as StatusEvent;
        if (status.turn) this.turn = status.turn;
        if (status.dialogue) this.dialogue = status.dialogue;
        this.handlers.onStatus(status);
        return null;
      }
      case 'answer': {
        const piece = data as { kind: Kind; text: string };
        this.handlers.onText(piece.kind, piece.text);
        return null;
      }
      case 'source':
        this.handlers.onSource(data as Source);
        return null;
      case 'done':
        return data as Answer;
      case 'error':
        throw problemError((data as { status?: number }).status ?? 500, data);
      default:
        return null; // an event of a later version
    }
  }

  /* A replay may repeat what was seen: ids are "<turn>-<n>" with n growing. */
  private isNew(id: string): boolean {
    const order = (text: string) => Number(text.slice(text.indexOf('-') + 1)) || 0;
    if (this.lastId !== '' && order(id) <= order(this.lastId)) return false;
    this.lastId = id;
    return true;
  }
}

/* Rejects also when `signal` fires: an old browser's fetch knows nothing of it. */
function withinSilence<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopped = () => reject(new DOMException('stopped', 'AbortError'));
    const timer = setTimeout(() => reject(new Error('silent stream')), SILENCE_MS);
    signal.addEventListener('abort', stopped);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stopped);
    });
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = () => {
      clearTimeout(timer);
      reject(new DOMException('stopped', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stopped);
      resolve();
    }, ms);
    signal.addEventListener('abort', stopped, { once: true });
  });
}
