/** Cuts the bytes of an Arrow IPC stream into its messages, whatever the pieces in which they arrive. */
export class ArrowMessages {
  private held: Uint8Array = new Uint8Array(0);
  private ended = false;

  /** The messages that are whole now; the rest waits for more bytes. Ends of streams are left out. */
  push(piece: Uint8Array): Uint8Array[] {
    const bytes = this.held.length === 0 ? piece : joined([this.held, piece]);
    const whole: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const length = messageLength(bytes, at);
      if (length === null || at + length > bytes.length) break;
      this.ended = length === headLength;
      // A copy of its own: values of eight bytes are read in place and must lie at multiples of eight.
      if (!this.ended) whole.push(bytes.slice(at, at + length));
      at += length;
    }
    this.held = bytes.slice(at);
    return whole;
  }

  /** Whether the stream did not come to its end. */
  get isCutShort(): boolean {
    return this.held.length > 0 || !this.ended;
  }
}

/** What says that no more messages come. */
export const endOfStream = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

const headLength = 8;
const schemaType = 1;
const dictionaryType = 2;
const batchType = 3;

export type MessageKind = 'schema' | 'dictionary' | 'batch' | 'other';

export function messageKind(message: Uint8Array): MessageKind {
  const view = viewOf(message);
  const type = field(view, headLength, 6);
  const kind = type === null ? 0 : view.getUint8(type);
  if (kind === schemaType) return 'schema';
  if (kind === dictionaryType) return 'dictionary';
  return kind === batchType ? 'batch' : 'other';
}

/** Length in bytes of the message at `at`, head and body; null while too little of it is there to tell. */
function messageLength(bytes: Uint8Array, at: number): number | null {
  if (bytes.length < at + headLength) return null;
  const view = viewOf(bytes);
  const metadata = view.getInt32(at + 4, true);
  if (metadata === 0) return headLength;
  if (bytes.length < at + headLength + metadata) return null;
  const body = field(view, at + headLength, 10);
  return headLength + metadata + (body === null ? 0 : Number(view.getBigInt64(body, true)));
}

/** Where the field in slot `slot` of the flatbuffer at `start` lies; null where it has its default. */
function field(view: DataView, start: number, slot: number): number | null {
  const table = start + view.getInt32(start, true);
  const layout = table - view.getInt32(table, true);
  if (slot >= view.getUint16(layout, true)) return null;
  const offset = view.getUint16(layout + slot, true);
  return offset === 0 ? null : table + offset;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
