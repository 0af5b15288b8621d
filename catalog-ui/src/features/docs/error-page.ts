export interface ErrorPage {
  code: string;
  title: string;
  /** Markdown without its first heading. */
  body: string;
}

// A file for each code, beside the one file of all: who looks one up does not wait for the others.
const texts = import.meta.glob<string>('../../../../platform/docs/errors/*.md', {
  query: '?raw&alone',
  import: 'default',
});

const paths = new Map(Object.keys(texts).map((path) => [codeIn(path), path]));

/** Every code that has a page, in order. */
export const errorCodes: readonly string[] = [...paths.keys()].sort();

/** The page of one code; null where there is none. */
export async function errorPage(code: string): Promise<ErrorPage | null> {
  const text = await texts[paths.get(code) ?? '']?.();
  return text === undefined ? null : pageOf(code, text);
}

export function codeIn(path: string): string {
  return /([A-Z]\d+)\.md$/.exec(path)?.[1] ?? path;
}

export function pageOf(code: string, text: string): ErrorPage {
  const heading = /^# (.*)$/m.exec(text);
  const title = heading?.[1]?.replace(`${code}: `, '') ?? code;
  return { code, title, body: heading ? text.slice(heading.index + heading[0].length) : text };
}
