import { cx } from '@/ui/cx';
import { Scrolling } from '@/ui/scrolling';
import { t } from '@/words/shell';

export interface DiffLine {
  kind: 'added' | 'removed' | 'same' | 'gap';
  text: string;
}

/** The lines of two texts side by side in one column: what went, what came, what stayed. Longest common subsequence. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const cell = (i: number, j: number) => table[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = table[i] as Uint32Array;
      row[j] = a[i] === b[j] ? cell(i + 1, j + 1) + 1 : Math.max(cell(i + 1, j), cell(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i] as string });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && cell(i + 1, j) >= cell(i, j + 1))) {
      lines.push({ kind: 'removed', text: a[i] as string });
      i += 1;
    } else {
      lines.push({ kind: 'added', text: b[j] as string });
      j += 1;
    }
  }
  return lines;
}

/** Leaves out stretches that stayed the same, but for `around` lines beside each change. */
export function folded(lines: readonly DiffLine[], around = 3): DiffLine[] {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some((line) => line.kind !== 'same'),
  );
  const shown: DiffLine[] = [];
  lines.forEach((line, at) => {
    if (near[at]) shown.push(line);
    else if (shown.at(-1)?.kind !== 'gap') shown.push({ kind: 'gap', text: '…' });
  });
  return shown;
}

const looks = {
  added: { sign: '+', className: 'bg-good-soft text-ink' },
  removed: { sign: '−', className: 'bg-bad-soft text-ink' },
  same: { sign: ' ', className: 'text-ink-soft' },
  gap: { sign: ' ', className: 'text-ink-faint' },
};

/** Two texts as one diff; signs and words tell what colour tells. */
export function Diff({ label, before, after }: { label: string; before: string; after: string }) {
  const lines = folded(diffLines(before, after));
  return (
    <Scrolling
      aria-label={label}
      className="overflow-x-auto rounded-md border border-line bg-sunken py-2 font-mono text-sm"
    >
      {lines.map((line, at) => (
        <div key={at} className={cx('min-h-5 px-3 whitespace-pre', looks[line.kind].className)}>
          <span aria-hidden className="mr-3 inline-block w-3 select-none">
            {looks[line.kind].sign}
          </span>
          {line.kind === 'added' || line.kind === 'removed' ? (
            <span className="sr-only">{t(line.kind)}: </span>
          ) : null}
          {line.text}
        </div>
      ))}
    </Scrolling>
  );
}
