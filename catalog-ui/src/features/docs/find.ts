import type { ErrorPage } from '@/features/docs/error-page';

export interface Found {
  id: string;
  title: string;
  /** Where it leads below `/docs/`. */
  to: string;
  excerpt: string;
  score: number;
}

/** Pages and words that hold every word of `q`, the ones that are called so first. */
export function find(
  q: string,
  pages: readonly ErrorPage[],
  glossary: Readonly<Record<string, string>>,
): Found[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found: Found[] = [];
  const look = (id: string, title: string, body: string, to: string) => {
    const name = `${id} ${title}`.toLowerCase();
    const all = `${name} ${body.toLowerCase()}`;
    if (!words.every((word) => all.includes(word))) return;
    const inName = words.filter((word) => name.includes(word)).length;
    const exact = id.toLowerCase() === words.join(' ') ? 100 : 0;
    found.push({ id, title, to, excerpt: excerpt(body, words), score: exact + inName });
  };
  for (const page of pages) look(page.code, page.title, page.body, `errors/${page.code}`);
  for (const [word, meaning] of Object.entries(glossary)) {
    look(word, word, meaning, `glossary#${word.replaceAll(' ', '-')}`);
  }
  return found.sort((a, b) => b.score - a.score || a.id.localeCompare(b.id));
}

const around = 90;

/** A stretch of plain text around the first of the words. */
function excerpt(body: string, words: readonly string[]): string {
  const plain = body
    .replace(/```[\s\S]*?```/g, ' ')
    .replace(/[#`*]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const lower = plain.toLowerCase();
  const at = Math.min(...words.map((word) => Math.max(0, lower.indexOf(word))));
  const from = Math.max(0, at - around);
  const to = Math.min(plain.length, at + around);
  return `${from > 0 ? '…' : ''}${plain.slice(from, to)}${to < plain.length ? '…' : ''}`;
}
