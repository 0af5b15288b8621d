import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { type Contract, contractQuery, type Product, productOfPortQuery } from '@/api/ports';
import { type AccessRequest, askForAccess, type NewRequest } from '@/api/requests';
import { BeforeSending } from '@/features/requests/before-sending';
import { ColumnsField } from '@/features/requests/columns-field';
import { rememberDraft, remembered, rememberSent } from '@/features/requests/memory';
import { endOfDay, inDays } from '@/features/requests/states';
import { t } from '@/features/requests/words';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Checkbox } from '@/ui/checkbox';
import { Field } from '@/ui/field';
import { Select } from '@/ui/select';
import { Loaded } from '@/ui/states/loaded';
import { ProblemView } from '@/ui/states/problem-view';

export interface RequestFormProps {
  port: string;
  /** Chosen beforehand; none for the whole port. */
  columns: readonly string[];
  purpose?: string;
  onSent: (request: AccessRequest) => void;
  onCancel: () => void;
}

/** Asks for access to a port or to some of its columns, and says before sending who decides and what policy says. */
export function RequestForm(props: RequestFormProps) {
  return (
    <Loaded query={productOfPortQuery(props.port)} what={t('thePort')}>
      {(product) => (
        <Loaded query={contractQuery(props.port)} what={t('thePort')}>
          {(contract) => <Filled {...props} product={product} contract={contract} />}
        </Loaded>
      )}
    </Loaded>
  );
}

interface Terms {
  columns: readonly string[];
  /** Some columns, or the whole port. */
  some: boolean;
  purpose: string;
  until: string;
  role: string | null;
  note: string;
  breakGlass: boolean;
}

const none = '-';

function Filled(props: RequestFormProps & { product: Product; contract: Contract }) {
  const { port, product, contract, onSent, onCancel } = props;
  const client = useQueryClient();
  const before = remembered(product.name, port);
  const [terms, setTerms] = useState<Terms>(() => ({
    columns: props.columns,
    some: props.columns.length > 0,
    purpose: firstPurpose(product.purposes, props.purpose, before.purpose),
    until: inDays(90),
    role: contract.roles[0]?.name ?? null,
    note: before.note,
    breakGlass: false,
  }));
  const [isTried, setTried] = useState(false);
  const change = (part: Partial<Terms>) => setTerms((now) => ({ ...now, ...part }));
  const wanted = wantedOf(port, terms);
  const sending = useMutation({
    mutationFn: askForAccess,
    onSuccess: (request) => {
      rememberSent(product.name, port, wanted.purpose ?? null);
      void client.invalidateQueries({ queryKey: ['requests'] });
      onSent(request);
    },
  });
  const lacksColumns = terms.some && terms.columns.length === 0;
  const ends = !terms.breakGlass && terms.until <= inDays(0);
  const send = () => {
    setTried(true);
    if (!lacksColumns && !ends) sending.mutate(wanted);
  };
  const columns = product.ports.find((one) => one.name === port)?.columns ?? [];

  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <Card title={port}>
        <Form
          className="flex flex-col gap-5"
          validationBehavior="aria"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <ColumnsField
            columns={columns}
            some={terms.some}
            chosen={terms.columns}
            onChange={(some, chosen) => change({ some, columns: chosen })}
            problem={isTried && lacksColumns ? t('problemColumns') : undefined}
          />
          <div className="grid gap-5 sm:grid-cols-2">
            <Select
              label={t('whatFor')}
              options={[
                ...product.purposes.map((id) => ({ id, label: id })),
                { id: none, label: t('noPurpose') },
              ]}
              value={terms.purpose}
              onChange={(purpose) => change({ purpose })}
              hint={product.purposes.length > 0 ? t('purposeHint') : t('noPurposes')}
            />
            <Field
              label={t('endOn')}
              type="date"
              value={terms.until}
              onChange={(until) => change({ until })}
              isDisabled={terms.breakGlass}
              hint={t('untilHint')}
              problem={isTried && ends ? t('problemUntil') : undefined}
            />
          </div>
          {contract.roles.length > 1 ? (
            <Select
              label={t('role')}
              options={contract.roles.map(({ name, approvers }) => ({
                id: name,
                label: name,
                hint: approvers.length > 0 ? `${t('decides')}: ${approvers.join(', ')}` : undefined,
              }))}
              value={terms.role}
              onChange={(role) => change({ role })}
              hint={t('roleHint')}
            />
          ) : null}
          <Field
            label={t('note')}
            rows={3}
            value={terms.note}
            onChange={(note) => {
              change({ note });
              rememberDraft(port, note);
            }}
            hint={t('noteHint')}
          />
          <div>
            <Checkbox
              isSelected={terms.breakGlass}
              onChange={(breakGlass) => change({ breakGlass })}
            >
              {t('breakGlass')}
            </Checkbox>
            {terms.breakGlass ? (
              <p className="mt-1 pl-7 text-sm text-ink-soft">{t('breakGlassHint')}</p>
            ) : null}
          </div>
          {sending.isError ? <ProblemView small error={sending.error} wasChange /> : null}
          <div className="flex flex-wrap gap-2">
            <Button
              kind="primary"
              type="submit"
              isDisabled={sending.isPending || contract.roles.length === 0}
            >
              {t('sendRequest')}
            </Button>
            <Button onPress={onCancel}>{t('cancel')}</Button>
          </div>
        </Form>
      </Card>
      <BeforeSending wanted={wanted} contract={contract} />
    </div>
  );
}

function firstPurpose(allowed: readonly string[], ...wished: (string | undefined)[]): string {
  const fits = wished.find((purpose) => purpose !== undefined && allowed.includes(purpose));
  return fits ?? allowed[0] ?? none;
}

/** The body of the request as the form stands. */
export function wantedOf(port: string, terms: Terms): NewRequest {
  return {
    port,
    columns: terms.some ? [...terms.columns] : [],
    purpose: terms.purpose === none ? null : terms.purpose,
    // An emergency ends by itself an hour after it was approved.
    until: terms.breakGlass ? null : endOfDay(terms.until),
    note: terms.note.trim(),
    role: terms.role,
    breakGlass: terms.breakGlass,
  };
}
