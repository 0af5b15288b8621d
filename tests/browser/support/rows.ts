import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { type Mesh, target } from './mesh.ts';

/** The rows that the grid holds, as texts; all of them must be in sight, since others are not in the document. */
export async function rowsOfGrid(page: Page): Promise<string[][]> {
  const grid = page.getByRole('grid', { name: 'Rows of the answer' });
  const all = Number(await grid.getAttribute('aria-rowcount')) - 1;
  await expect(grid.getByRole('row'), 'all of its rows are in the document').toHaveCount(all + 1);
  const rows = await grid.getByRole('row').evaluateAll((all) =>
    all
      .slice(1)
      .sort((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')))
      .map((row) => [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent ?? '')),
  );
  return rows;
}

/** The same by ADBC over Flight SQL, as the same person and for the same purpose. */
export function rowsByAdbc(mesh: Mesh, name: string, sql: string, purpose = ''): string[][] {
  const python = join(target, 'venv/bin/python');
  const program = join(import.meta.dirname, 'rows.py');
  return JSON.parse(
    execFileSync(python, [program, mesh.flight, purpose], {
      encoding: 'utf8',
      input: `${mesh.token(name)}\n${sql}`,
    }),
  );
}
