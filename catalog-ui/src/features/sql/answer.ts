import { type Column, type DataType, type Field, tableFromIPC } from '@uwdata/flechette';
import { ArrowMessages, endOfStream, joined, messageKind } from '@/features/sql/arrow-messages';

/** On which terms one port was read, as the schema of an answer tells it. */
export interface Terms {
  port: string;
  /** How columns are masked, in words. */
  masks: Record<string, string>;
  hidden: string[];
  /** The rules by which rows are left out. */
  filters: string[];
}

export interface AnswerColumn {
  name: string;
  type: DataType;
  nullable: boolean;
}

const exact = { useBigInt: true, useDecimalInt: true, useBigIntTimestamp: true } as const;

/**
 * The rows of an answer as they came, batch by batch, without a copy of each value.
 *
 * Integers of 64 bits, decimals and instants stay whole numbers, so that no digit is lost; `cellText` writes them.
 */
export class Answer {
  readonly columns: readonly AnswerColumn[];
  readonly terms: readonly Terms[];
  private readonly batches: Column<unknown>[][] = [];
  /** First row of each batch, and the number of all rows at the end. */
  private readonly starts: number[] = [0];
  private readonly kept: Uint8Array[];
  private readonly schema: Uint8Array;
  private dictionaries: Uint8Array[] = [];

  constructor(schema: Uint8Array) {
    this.schema = schema;
    const { fields, metadata } = tableFromIPC([schema]).schema;
    this.columns = fields.map(({ name, type, nullable }: Field) => ({ name, type, nullable }));
    this.terms = readTerms(metadata?.get('weft.terms'));
    this.kept = [schema];
  }

  get rows(): number {
    return this.starts.at(-1) ?? 0;
  }

  /** Bytes of the messages that are held. */
  get bytes(): number {
    return this.kept.reduce((sum, message) => sum + message.length, 0);
  }

  /** Takes what follows the schema, in order. */
  take(message: Uint8Array): void {
    const kind = messageKind(message);
    if (kind === 'dictionary') {
      this.dictionaries = [...this.dictionaries, message];
      this.kept.push(message);
    } else if (kind === 'batch') {
      const table = tableFromIPC([this.schema, ...this.dictionaries, message], exact);
      this.kept.push(message);
      if (table.numRows === 0) return;
      this.batches.push(table.children as Column<unknown>[]);
      this.starts.push(this.rows + table.numRows);
    }
  }

  /** The value, or null; undefined beyond the last row. */
  at(row: number, column: number): unknown {
    const batch = this.batchOf(row);
    return this.batches[batch]?.[column]?.at(row - (this.starts[batch] ?? 0));
  }

  /** The whole as one Arrow IPC stream, for a file. */
  toArrow(): Uint8Array<ArrayBuffer> {
    return joined([...this.kept, endOfStream]);
  }

  private batchOf(row: number): number {
    let low = 0;
    let high = this.batches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle + 1] ?? 0) <= row) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function readTerms(text: string | undefined): Terms[] {
  if (text === undefined) return [];
  try {
    const told: unknown = JSON.parse(text);
    return Array.isArray(told) ? (told as Terms[]) : [];
  } catch {
    return [];
  }
}

/**
 * Reads an answer from the body of a response. `onProgress` is called with the answer whenever rows were added, the first time
 * when its columns are known.
 */
export async function readAnswer(
  body: ReadableStream<Uint8Array>,
  onProgress: (answer: Answer) => void,
): Promise<Answer> {
  const messages = new ArrowMessages();
  const reader = body.getReader();
  let answer: Answer | null = null;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new CutShort(answer);
    });
    if (done) break;
    for (const message of messages.push(value)) {
      if (messageKind(message) !== 'schema') answer?.take(message);
      else answer ??= new Answer(message);
    }
    if (answer) onProgress(answer);
  }
  if (answer === null || messages.isCutShort) throw new CutShort(answer);
  return answer;
}

/** The stream ended in the middle: what is there is a part of the answer only. */
export class CutShort extends Error {
  readonly part: Answer | null;

  constructor(part: Answer | null) {
    super('the answer was cut short');
    this.name = 'CutShort';
    this.part = part;
  }
}
