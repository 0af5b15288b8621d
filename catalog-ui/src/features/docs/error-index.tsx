import type { ErrorPage } from '@/features/docs/error-page';
import { t } from '@/features/docs/words';
import { Link } from '@/ui/link';

const groups = [
  ['W01', t('group01')],
  ['W02', t('group02')],
  ['W03', t('group03')],
  ['W04', t('group04')],
  ['W05', t('group05')],
  ['W06', t('group06')],
  ['W07', t('group07')],
  ['W08', t('group08')],
  ['W09', t('group09')],
] as const;

/** All codes by what they are about. */
export function ErrorIndex({ pages }: { pages: readonly ErrorPage[] }) {
  return (
    <div className="flex flex-col gap-6">
      {groups.map(([prefix, title]) => {
        const some = pages.filter(({ code }) => code.startsWith(prefix));
        if (some.length === 0) return null;
        return (
          <section key={prefix}>
            <h2 className="mb-1.5 text-lg font-semibold">{title}</h2>
            <ul data-list className="grid gap-x-6 xl:grid-cols-2">
              {some.map(({ code, title: what }) => (
                <li key={code} className="flex gap-3 border-b border-line py-1.5">
                  <Link look="plain" to="/docs/$" params={{ _splat: `errors/${code}` }}>
                    <span className="font-mono">{code}</span>
                    <span className="sr-only">: {what}</span>
                  </Link>
                  <span aria-hidden className="min-w-0 text-ink-soft">
                    {what}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}
