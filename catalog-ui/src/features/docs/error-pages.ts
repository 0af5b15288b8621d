const texts = import.meta.glob<string>('../../../../platform/docs/errors/*.md', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export interface ErrorPage {
  code: string;
  title: string;
  /** Markdown without its first heading. */
  body: string;
}

/** The page of every code, in order. This module is one file of its own that loads with the first page that needs it. */
export const errorPages: readonly ErrorPage[] = Object.entries(texts)
  .map(([path, text]) => pageOf(path, text))
  .sort((a, b) => a.code.localeCompare(b.code));

function pageOf(path: string, text: string): ErrorPage {
  const code = /([A-Z]\d+)\.md$/.exec(path)?.[1] ?? path;
  const heading = /^# (.*)$/m.exec(text);
  const title = heading?.[1]?.replace(`${code}: `, '') ?? code;
  return { code, title, body: heading ? text.slice(heading.index + heading[0].length) : text };
}
