import { type DiffLine, diffLines } from '@/ui/diff';

/** One file before and after; null where it is not there. */
export interface Changed {
  path: string;
  before: string | null;
  after: string | null;
}

/** Changes as a unified diff that `git apply` takes. */
export function patchOf(changes: readonly Changed[]): string {
  return changes
    .filter(({ before, after }) => before !== after)
    .map(fileOf)
    .join('');
}

function fileOf({ path, before, after }: Changed): string {
  const head = [
    `diff --git a/${path} b/${path}`,
    ...(before === null ? ['new file mode 100644'] : []),
    ...(after === null ? ['deleted file mode 100644'] : []),
    `--- ${before === null ? '/dev/null' : `a/${path}`}`,
    `+++ ${after === null ? '/dev/null' : `b/${path}`}`,
  ];
  return `${[...head, ...hunks(compared(before ?? '', after ?? ''))].join('\n')}\n`;
}

/** Lines are counted without the empty one behind the last break; a text of nothing has no line at all. */
function compared(before: string, after: string): DiffLine[] {
  const cut = (text: string) => text.replace(/\n$/, '');
  const all = (kind: 'added' | 'removed', text: string): DiffLine[] =>
    text === ''
      ? []
      : cut(text)
          .split('\n')
          .map((line) => ({ kind, text: line }));
  if (before === '') return all('added', after);
  if (after === '') return all('removed', before);
  return diffLines(cut(before), cut(after));
}

const around = 3;
const signs = { added: '+', removed: '-', same: ' ', gap: ' ' };

function hunks(lines: readonly DiffLine[]): string[] {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(({ kind }) => kind !== 'same'),
  );
  const found: string[] = [];
  let [before, after] = [0, 0];
  for (let at = 0; at < lines.length; ) {
    if (!near[at]) {
      before += 1;
      after += 1;
      at += 1;
      continue;
    }
    let end = at;
    while (end < lines.length && near[end]) end += 1;
    const part = lines.slice(at, end);
    const olds = part.filter(({ kind }) => kind !== 'added').length;
    const news = part.filter(({ kind }) => kind !== 'removed').length;
    // A side without lines is named by the line before it.
    const from = olds > 0 ? before + 1 : before;
    const to = news > 0 ? after + 1 : after;
    found.push(`@@ -${from},${olds} +${to},${news} @@`);
    found.push(...part.map(({ kind, text }) => `${signs[kind]}${text}`));
    before += olds;
    after += news;
    at = end;
  }
  return found;
}
