import { useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { cx } from '@/ui/cx';
import { glossary } from '@/words/glossary';

/** Every word of the mesh with what it means. */
export function Glossary() {
  const hash = useRouterState({ select: (state) => state.location.hash });
  useEffect(() => {
    if (hash) document.getElementById(hash)?.scrollIntoView({ block: 'center' });
  }, [hash]);
  const words = Object.entries(glossary).sort(([a], [b]) => a.localeCompare(b));
  return (
    <dl className="max-w-3xl">
      {words.map(([word, meaning]) => {
        const id = word.replaceAll(' ', '-');
        return (
          <div
            key={word}
            id={id}
            className={cx(
              'grid gap-x-6 border-b border-line px-2 py-2.5 sm:grid-cols-[9rem_minmax(0,1fr)]',
              hash === id && 'bg-accent-soft',
            )}
          >
            <dt className="font-semibold">{word}</dt>
            <dd className="text-ink-soft">{meaning}</dd>
          </div>
        );
      })}
    </dl>
  );
}
