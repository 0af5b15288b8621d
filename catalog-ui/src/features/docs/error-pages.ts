import { codeIn, type ErrorPage, pageOf } from '@/features/docs/error-page';

const texts = import.meta.glob<string>('../../../../platform/docs/errors/*.md', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** The page of every code, in order, for those who look through all of them: one file of its own. */
export const errorPages: readonly ErrorPage[] = Object.entries(texts)
  .map(([path, text]) => pageOf(codeIn(path), text))
  .sort((a, b) => a.code.localeCompare(b.code));
