import type { DataType } from '@uwdata/flechette';
import { DateUnit, IntervalUnit, TimeUnit, Type } from '@uwdata/flechette';

/** A value of an answer as a person reads it and as a file holds it; null stays null. */
export function cellText(value: unknown, type: DataType): string | null {
  if (value === null || value === undefined) return null;
  switch (type.typeId) {
    case Type.Decimal:
      return decimalText(value as bigint | number, type.scale);
    case Type.Date:
      return new Date(value as number).toISOString().slice(0, 10);
    case Type.Timestamp:
      return instantText(BigInt(value as bigint), digitsOf(type.unit), type.timezone !== null);
    case Type.Time:
      return clockText(BigInt(value as bigint | number), digitsOf(type.unit));
    case Type.Duration:
      return `${decimalText(value as bigint, digitsOf(type.unit))} s`;
    case Type.Interval:
      return intervalText(value, type.unit);
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return Array.from(value as Uint8Array, hex).join('');
    case Type.Dictionary:
      return cellText(value, type.dictionary);
    case Type.RunEndEncoded:
      return cellText(value, type.children[1].type);
    case Type.List:
    case Type.LargeList:
    case Type.ListView:
    case Type.LargeListView:
    case Type.FixedSizeList: {
      const of = type.children[0]?.type;
      return `[${Array.from(value as ArrayLike<unknown>, (item) => inside(item, of)).join(', ')}]`;
    }
    case Type.Map: {
      const [key, of] = (type.children[0].type as { children: { type: DataType }[] }).children;
      const entries = Array.from(value as ArrayLike<[unknown, unknown]>);
      return `{${entries.map(([k, v]) => `${inside(k, key?.type)}: ${inside(v, of?.type)}`).join(', ')}}`;
    }
    case Type.Struct: {
      const members = value as Record<string, unknown>;
      const texts = type.children.map((f) => `${f.name}: ${inside(members[f.name], f.type)}`);
      return `{${texts.join(', ')}}`;
    }
    default:
      return String(value);
  }
}

/** Whether a column reads best set to the right. */
export function isNumeric(type: DataType): boolean {
  return type.typeId === Type.Int || type.typeId === Type.Float || type.typeId === Type.Decimal;
}

/** A value as a number to draw, or null; instants become seconds since 1970. */
export function cellNumber(value: unknown, type: DataType): number | null {
  if (value === null || value === undefined) return null;
  switch (type.typeId) {
    case Type.Int:
    case Type.Float:
      return Number(value);
    case Type.Decimal:
      return Number(decimalText(value as bigint | number, type.scale));
    case Type.Date:
      return (value as number) / 1000;
    case Type.Timestamp:
      return Number(value) / 10 ** digitsOf(type.unit);
    default:
      return null;
  }
}

export function isInstant(type: DataType): boolean {
  return type.typeId === Type.Date || type.typeId === Type.Timestamp;
}

/** The name of a type as SQL and Arrow people know it: `int64`, `decimal(12, 2)`, `list<string>`. */
export function typeName(type: DataType): string {
  switch (type.typeId) {
    case Type.Null:
      return 'null';
    case Type.Int:
      return `${type.signed ? 'int' : 'uint'}${type.bitWidth}`;
    case Type.Float:
      return ['float16', 'float32', 'float64'][type.precision] ?? 'float';
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return 'string';
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary:
      return 'binary';
    case Type.Bool:
      return 'boolean';
    case Type.Decimal:
      return `decimal(${type.precision}, ${type.scale})`;
    case Type.Date:
      return type.unit === DateUnit.DAY ? 'date' : 'date64';
    case Type.Time:
      return 'time';
    case Type.Timestamp:
      return type.timezone === null ? 'timestamp' : `timestamp (${type.timezone})`;
    case Type.Duration:
      return 'duration';
    case Type.Interval:
      return 'interval';
    case Type.Dictionary:
      return typeName(type.dictionary);
    case Type.RunEndEncoded:
      return typeName(type.children[1].type);
    case Type.List:
    case Type.LargeList:
    case Type.ListView:
    case Type.LargeListView:
    case Type.FixedSizeList:
      return `list<${type.children[0] ? typeName(type.children[0].type) : '?'}>`;
    case Type.Map:
      return 'map';
    case Type.Struct:
      return 'struct';
    default:
      return 'union';
  }
}

function inside(value: unknown, type: DataType | undefined): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  return type === undefined ? String(value) : (cellText(value, type) ?? 'null');
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** `-0.05` of -5 and two digits. */
function decimalText(scaled: bigint | number, scale: number): string {
  const whole = BigInt(scaled);
  if (scale <= 0) return String(whole * 10n ** BigInt(-scale));
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, '0');
  const sign = whole < 0n ? '-' : '';
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function digitsOf(unit: number): number {
  if (unit === TimeUnit.SECOND) return 0;
  if (unit === TimeUnit.MILLISECOND) return 3;
  return unit === TimeUnit.MICROSECOND ? 6 : 9;
}

/** `2013-01-01 05:00:00`, with what fraction there is, and a `Z` where the instant has a zone. */
function instantText(ticks: bigint, digits: number, zoned: boolean): string {
  const unit = 10n ** BigInt(digits);
  let seconds = ticks / unit;
  let rest = ticks % unit;
  if (rest < 0n) {
    rest += unit;
    seconds -= 1n;
  }
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return String(ticks);
  const text = date.toISOString().slice(0, 19).replace('T', ' ');
  return `${text}${fraction(rest, digits)}${zoned ? 'Z' : ''}`;
}

function clockText(ticks: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const seconds = Number(ticks / unit);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${text}${fraction(ticks % unit, digits)}`;
}

function fraction(ticks: bigint, digits: number): string {
  if (ticks === 0n) return '';
  return `.${String(ticks).padStart(digits, '0').replace(/0+$/, '')}`;
}

function intervalText(value: unknown, unit: number): string {
  if (unit === IntervalUnit.YEAR_MONTH) return `${String(value)} months`;
  const parts = Array.from(value as ArrayLike<number | bigint>);
  const names = unit === IntervalUnit.DAY_TIME ? ['days', 'ms'] : ['months', 'days', 'ns'];
  const said = parts.map((part, at) => [part, names[at]] as const).filter(([part]) => part);
  return said.length === 0 ? '0 days' : said.map(([part, name]) => `${part} ${name}`).join(' ');
}
