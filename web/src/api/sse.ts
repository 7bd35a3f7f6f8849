/* Parser of the text/event-stream format (WHATWG HTML, 9.2.6), fed with decoded text in pieces of
 * any size. It knows nothing of what the events mean. */

export interface SseEvent {
  id: string;
  event: string;
  data: string;
}

export class SseParser {
  private line = '';
  private afterCr = false;
  private first = true;
  private event = '';
  private data: string[] = [];
  private id = '';

  /* Takes the next piece and returns the events that it completed. */
  push(piece: string): SseEvent[] {
    const events: SseEvent[] = [];
    for (const char of this.withoutMark(piece)) {
      const crlf = this.afterCr && char === '\n';
      this.afterCr = char === '\r';
      if (crlf) continue;
      if (char === '\n' || char === '\r') this.endLine(events);
      else this.line += char;
    }
    return events;
  }

  private withoutMark(piece: string): string {
    if (!this.first || piece === '') return piece;
    this.first = false;
    return piece.startsWith('\uFEFF') ? piece.slice(1) : piece;
  }

  private endLine(events: SseEvent[]): void {
    const line = this.line;
    this.line = '';
    if (line === '') {
      this.dispatch(events);
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment: the server's heartbeat
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.id = value;
  }

  private dispatch(events: SseEvent[]): void {
    if (this.data.length > 0)
      events.push({ id: this.id, event: this.event || 'message', data: this.data.join('\n') });
    this.event = '';
    this.data = [];
  }
}
