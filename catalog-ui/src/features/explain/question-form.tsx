import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { portNamesQuery, productOfPortQuery } from '@/api/ports';
import { useSession } from '@/app/session';
import { t } from '@/features/explain/words';
import { Button } from '@/ui/button';
import { ComboBox } from '@/ui/combo-box';
import { Field } from '@/ui/field';
import { Select } from '@/ui/select';

/** A question as the address holds it. */
export interface Asked {
  who?: string;
  what?: string;
  col?: string;
  purpose?: string;
  at?: string;
}

const none = '-';

/** Who, what, which column, for what purpose, when. */
export function QuestionForm({ asked, onAsk }: { asked: Asked; onAsk: (asked: Asked) => void }) {
  const { me, signIn } = useSession();
  const [question, setQuestion] = useState(asked);
  const change = (part: Partial<Asked>) => setQuestion((now) => ({ ...now, ...part }));
  const ports = useQuery(portNamesQuery);
  const product = useQuery(productOfPortQuery(question.what));
  const columns = product.data?.ports.find((port) => port.name === question.what)?.columns ?? [];
  const people = [...new Set([me.principal, ...signIn.demo.map((person) => person.name)])];
  const purposes = [...new Set([...(product.data?.purposes ?? []), question.purpose])].filter(
    (purpose) => purpose !== undefined,
  );
  const names = [...new Set([...(ports.data ?? []), question.what])].filter(
    (name) => name !== undefined,
  );
  return (
    <Form
      aria-label={t('question')}
      className="grid items-start gap-x-4 gap-y-3 rounded-lg border border-line bg-surface px-4 py-3.5 shadow-low sm:grid-cols-2 lg:grid-cols-[9rem_minmax(0,1fr)_minmax(0,1fr)] xl:grid-cols-[8rem_minmax(0,1.6fr)_minmax(0,1fr)_minmax(0,1fr)_13rem_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk(
          withoutEmpty({ ...question, who: question.who === me.principal ? '' : question.who }),
        );
      }}
    >
      <ComboBox
        label={t('who')}
        options={people.map((name) => ({ id: name, label: name }))}
        value={
          people.includes(question.who ?? me.principal) ? (question.who ?? me.principal) : null
        }
        text={question.who ?? me.principal}
        onChange={(who) => who && change({ who })}
        onText={(who) => change({ who })}
      />
      <ComboBox
        key={`ports ${names.length}`}
        mono
        label={t('what')}
        placeholder="domain.product.port"
        options={names.map((name) => ({ id: name, label: name }))}
        value={question.what ?? null}
        onChange={(what) => change({ what: what ?? undefined, col: undefined })}
      />
      <Select
        label={t('column')}
        options={[
          { id: none, label: t('wholePort') },
          ...columns.map(({ name }) => ({ id: name, label: name })),
          ...(question.col && !columns.some(({ name }) => name === question.col)
            ? [{ id: question.col, label: question.col }]
            : []),
        ]}
        value={question.col ?? none}
        onChange={(col) => change({ col: col === none ? undefined : col })}
        isDisabled={!question.what}
      />
      <Select
        label={t('purpose')}
        options={[
          { id: none, label: t('noPurpose') },
          ...purposes.map((purpose) => ({ id: purpose, label: purpose })),
        ]}
        value={question.purpose ?? none}
        onChange={(purpose) => change({ purpose: purpose === none ? undefined : purpose })}
      />
      <Field
        label={t('when')}
        type="datetime-local"
        value={question.at ?? ''}
        onChange={(at) => change({ at })}
        hint={question.at ? undefined : t('now')}
      />
      <Button
        kind="primary"
        type="submit"
        isDisabled={!question.what}
        className="sm:mt-6 sm:justify-self-start"
      >
        {t('ask')}
      </Button>
    </Form>
  );
}

/** The parts of a question that say something. */
export function withoutEmpty(asked: Asked): Asked {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
}
