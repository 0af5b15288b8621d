import {
  columnFromArray,
  type DataType,
  dateDay,
  decimal,
  int32,
  int64,
  list,
  TimeUnit,
  tableFromColumns,
  tableToIPC,
  timestamp,
  utf8,
} from '@uwdata/flechette';
import { describe, expect, test } from 'vitest';
import { type Answer, CutShort, readAnswer } from '@/features/sql/answer';
import { csvOf } from '@/features/sql/answer-csv';
import { ArrowMessages, endOfStream, joined } from '@/features/sql/arrow-messages';
import { cellText, typeName } from '@/features/sql/cell-text';

/** Columns by name, each with its values and type, as an IPC stream. */
function stream(columns: Record<string, [unknown[], DataType]>): Uint8Array {
  const made = Object.entries(columns).map(([name, [values, type]]) => [
    name,
    columnFromArray(values as never, type, { maxBatchRows: 2 } as never),
  ]);
  return tableToIPC(tableFromColumns(made as never), { format: 'stream' }) as Uint8Array;
}

/** A body that arrives in pieces of so many bytes. */
function body(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

const bytes = stream({
  day: [[Date.UTC(2013, 0, 1), Date.UTC(2013, 11, 31), null], dateDay()],
  at: [[1357016400123, null, -1500], timestamp(TimeUnit.MICROSECOND, 'UTC')],
  price: [[12.5, -0.05, 1000], decimal(12, 2)],
  big: [[9007199254740993n, null, -1n], int64()],
  tags: [[[1, 2], [], null], list(int32())],
  name: [['a', 'b,c', null], utf8()],
});

async function read(size: number): Promise<Answer> {
  return readAnswer(body(bytes, size), () => {});
}

const texts = (answer: Answer) =>
  Array.from({ length: answer.rows }, (_, row) =>
    answer.columns.map(({ type }, column) => cellText(answer.at(row, column), type)),
  );

describe('an answer in Arrow', () => {
  test.each([1, 7, 64, 100_000])('reads the same in pieces of %d bytes', async (size) => {
    expect(texts(await read(size))).toEqual([
      ['2013-01-01', '2013-01-01 05:00:00.123Z', '12.50', '9007199254740993', '[1, 2]', 'a'],
      ['2013-12-31', null, '-0.05', null, '[]', 'b,c'],
      [null, '1969-12-31 23:59:58.5Z', '1000.00', '-1', null, null],
    ]);
  });

  test('tells the types by the names people know', async () => {
    const { columns } = await read(64);
    expect(columns.map(({ type }) => typeName(type))).toEqual([
      'date',
      'timestamp (UTC)',
      'decimal(12, 2)',
      'int64',
      'list<int32>',
      'string',
    ]);
  });

  test('as CSV has a header, quotes what needs it and writes nothing for null', async () => {
    expect(csvOf(await read(64))).toBe(
      'day,at,price,big,tags,name\n' +
        '2013-01-01,2013-01-01 05:00:00.123Z,12.50,9007199254740993,"[1, 2]",a\n' +
        '2013-12-31,,-0.05,,[],"b,c"\n' +
        ',1969-12-31 23:59:58.5Z,1000.00,-1,,\n',
    );
  });

  test('as a file is read back with the same rows', async () => {
    const again = await readAnswer(body((await read(64)).toArrow(), 50), () => {});
    expect(texts(again)).toEqual(texts(await read(64)));
  });

  test('that has no end is told apart from one that has', async () => {
    const cut = bytes.slice(0, bytes.length - endOfStream.length);
    const failed = await readAnswer(body(cut, 64), () => {}).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(CutShort);
    expect((failed as CutShort).part?.rows).toBe(3);
  });

  test('whose connection breaks keeps the rows that came', async () => {
    const cut = bytes.slice(0, bytes.length - endOfStream.length);
    let sent = false;
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new TypeError('network error'));
        else controller.enqueue(cut);
        sent = true;
      },
    });
    const failed = await readAnswer(broken, () => {}).catch((error: unknown) => error);
    expect((failed as CutShort).part?.rows).toBe(3);
  });

  test('may have no rows at all', async () => {
    const schema = new ArrowMessages().push(bytes)[0] as Uint8Array;
    const empty = await readAnswer(body(joined([schema, endOfStream]), 64), () => {});
    expect([empty.rows, empty.columns.length, empty.at(0, 0)]).toEqual([0, 6, undefined]);
  });
});
