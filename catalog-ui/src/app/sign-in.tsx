import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowRight, KeyRound } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Form } from 'react-aria-components';
import { serverBase } from '@/api/client';
import { type Session, sessionQuery, signIn } from '@/api/session';
import { Mark } from '@/app/shell/mark';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Field } from '@/ui/field';
import { ProblemView } from '@/ui/states/problem-view';
import { t } from '@/words/shell';

/** Where to sign in: demo people on a demo home, the identity provider where there is one, a token always. */
export function SignIn({ session, hasFailed }: { session: Session; hasFailed: boolean }) {
  const client = useQueryClient();
  const [token, setToken] = useState('');
  const signing = useMutation({
    mutationFn: signIn,
    onSuccess: (next) => client.setQueryData(sessionQuery.queryKey, next),
  });
  useEffect(() => {
    document.title = `${t('signIn')} · ${t('weft')}`;
  }, []);

  const { demo, oidc } = session.signIn;
  const leaveForProvider = () => {
    if (!oidc) return;
    const to = new URL(oidc.href, `${serverBase()}/`);
    // Below the server's own base, which the server puts before it.
    to.searchParams.set('return', window.location.href.slice(serverBase().length));
    window.location.assign(to);
  };

  return (
    <main className="mx-auto flex max-w-3xl flex-col gap-5 px-4 py-10 sm:py-16">
      <header className="flex items-start gap-4">
        <Mark className="mt-1 size-10" />
        <div>
          <h1 className="text-2xl font-semibold tracking-tight">{t('signInTitle')}</h1>
          <p className="mt-0.5 text-lg text-ink-soft">{t('signInLead')}</p>
        </div>
      </header>

      {hasFailed && signing.isIdle ? (
        <div
          role="alert"
          data-state="problem"
          className="rounded-lg border border-line border-l-4 border-l-bad-mark bg-surface px-5 py-4"
        >
          <p className="text-lg font-semibold">{t('signInFailed')}</p>
          <p className="mt-0.5 max-w-prose text-ink-soft">{t('signInFailedDetail')}</p>
        </div>
      ) : null}
      {signing.isError ? <ProblemView error={signing.error} /> : null}

      {oidc ? (
        <Button kind="primary" onPress={leaveForProvider} className="self-start">
          {t('signInWith', oidc.name)}
          <ArrowRight aria-hidden className="size-4" />
        </Button>
      ) : null}

      {demo.length > 0 ? (
        <Card title={t('signInDemo')}>
          <p className="mb-3 text-ink-soft">{t('signInDemoHint')}</p>
          <ul className="grid gap-2 sm:grid-cols-2" data-list>
            {demo.map((person) => (
              <li key={person.name}>
                <Button
                  isDisabled={signing.isPending}
                  onPress={() => signing.mutate({ demo: person.name })}
                  className="h-full w-full border-line! justify-start! py-2.5 text-left whitespace-normal!"
                >
                  <span
                    aria-hidden
                    className="grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft text-sm font-semibold text-accent-ink uppercase"
                  >
                    {person.name.slice(0, 1)}
                  </span>
                  <span className="min-w-0 flex-1">
                    <span className="block font-semibold">{person.name}</span>
                    <span className="block text-sm font-normal text-ink-soft">
                      {person.description}
                    </span>
                  </span>
                </Button>
              </li>
            ))}
          </ul>
        </Card>
      ) : null}

      <Card title={t('signInToken')}>
        {demo.length === 0 && !oidc ? (
          <p className="mb-3 text-ink-soft">{t('signInNone')}</p>
        ) : null}
        <Form
          className="flex flex-wrap items-end gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            if (token.trim()) signing.mutate({ token: token.trim() });
          }}
        >
          <Field
            label={t('signInTokenLabel')}
            hint={t('signInTokenHint')}
            value={token}
            onChange={setToken}
            type="password"
            autoComplete="off"
            mono
            className="min-w-0 flex-1 basis-64"
          />
          <Button type="submit" isDisabled={signing.isPending || !token.trim()} className="mb-6">
            <KeyRound aria-hidden className="size-4" />
            {t('signIn')}
          </Button>
        </Form>
      </Card>
      <p className="text-sm text-ink-faint">
        {session.mesh ? `${session.mesh} · ` : ''}
        {t('weft')} {session.version}
      </p>
    </main>
  );
}
