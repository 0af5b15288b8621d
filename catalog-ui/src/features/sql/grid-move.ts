export interface Cell {
  row: number;
  column: number;
}

/** The cells between two corners, both included. */
export interface Range {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export function rangeOf(a: Cell, b: Cell): Range {
  return {
    top: Math.min(a.row, b.row),
    bottom: Math.max(a.row, b.row),
    left: Math.min(a.column, b.column),
    right: Math.max(a.column, b.column),
  };
}

export function holds(range: Range, row: number, column: number): boolean {
  return row >= range.top && row <= range.bottom && column >= range.left && column <= range.right;
}

/** Where a key leads from a cell, in a grid of so many rows and columns; null for keys that do not move. */
export function moved(
  from: Cell,
  key: { key: string; mod: boolean },
  size: { rows: number; columns: number; page: number },
): Cell | null {
  const last = { row: size.rows - 1, column: size.columns - 1 };
  const to = (row: number, column: number): Cell => ({
    row: Math.min(Math.max(row, 0), last.row),
    column: Math.min(Math.max(column, 0), last.column),
  });
  const { row, column } = from;
  switch (key.key) {
    case 'ArrowUp':
      return key.mod ? to(0, column) : to(row - 1, column);
    case 'ArrowDown':
      return key.mod ? to(last.row, column) : to(row + 1, column);
    case 'ArrowLeft':
      return key.mod ? to(row, 0) : to(row, column - 1);
    case 'ArrowRight':
      return key.mod ? to(row, last.column) : to(row, column + 1);
    case 'PageUp':
      return to(row - size.page, column);
    case 'PageDown':
      return to(row + size.page, column);
    case 'Home':
      return key.mod ? to(0, 0) : to(row, 0);
    case 'End':
      return key.mod ? to(last.row, last.column) : to(row, last.column);
    default:
      return null;
  }
}

/** The cells of a range as spreadsheets take them: tabs between cells, lines between rows. */
export function tabbed(range: Range, text: (row: number, column: number) => string): string {
  const lines: string[] = [];
  for (let row = range.top; row <= range.bottom; row += 1) {
    const cells: string[] = [];
    for (let column = range.left; column <= range.right; column += 1) {
      cells.push(text(row, column).replace(/[\t\r\n]+/g, ' '));
    }
    lines.push(cells.join('\t'));
  }
  return lines.join('\n');
}
