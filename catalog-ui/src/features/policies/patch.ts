import { diffLines } from '@/ui/diff';

/** One file before and after; null where it is not there. */
export interface Changed {
  path: string;
  before: string | null;
  after: string | null;
}

/**
 * Changes as a unified diff without lines around them, for `git apply --unidiff-zero`. Lines are named by number alone, so
 * that a text whose comments are not known gives a patch that leaves the comments where they are.
 */
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
  return `${[...head, ...hunks(before ?? '', after ?? '')].join('\n')}\n`;
}

function hunks(before: string, after: string): string[] {
  const found: string[] = [];
  let [at, now] = [0, 0];
  let [removed, added]: [string[], string[]] = [[], []];
  const close = () => {
    if (removed.length + added.length === 0) return;
    // A side without lines is named by the line before it.
    const from = removed.length > 0 ? at - removed.length + 1 : at;
    const to = added.length > 0 ? now - added.length + 1 : now;
    found.push(`@@ -${from},${removed.length} +${to},${added.length} @@`, ...removed, ...added);
    [removed, added] = [[], []];
  };
  for (const line of diffLines(...withoutLastBreak(before, after))) {
    if (line.kind === 'same') {
      close();
      at += 1;
      now += 1;
    } else if (line.kind === 'removed') {
      removed.push(`-${line.text}`);
      at += 1;
    } else {
      added.push(`+${line.text}`);
      now += 1;
    }
  }
  close();
  return found;
}

/** Lines are counted without the empty one behind the last break; a text of nothing has no line at all. */
function withoutLastBreak(before: string, after: string): [string, string] {
  const cut = (text: string) => text.replace(/\n$/, '');
  return [cut(before), cut(after)];
}
