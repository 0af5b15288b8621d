import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { type AccessRequest, decide, type RequestDecision, type Verb } from '@/api/requests';
import { dayOf, endOfDay, inDays } from '@/features/requests/states';
import { t } from '@/features/requests/words';
import { announce } from '@/ui/announce';
import { Button } from '@/ui/button';
import { Checkbox } from '@/ui/checkbox';
import { Dialog } from '@/ui/dialog';
import { Field } from '@/ui/field';
import { ProblemView } from '@/ui/states/problem-view';

export interface Deciding {
  request: AccessRequest;
  verb: Verb;
}

const texts = {
  approve: { title: 'narrowerTitle', lead: 'narrowerLead', confirm: 'confirmApprove' },
  decline: { title: 'declineTitle', lead: 'declineLead', confirm: 'confirmDecline' },
  withdraw: { title: 'withdrawTitle', lead: 'withdrawLead', confirm: 'confirmWithdraw' },
  extend: { title: 'extendTitle', lead: 'extendLead', confirm: 'confirmExtend' },
  revoke: { title: 'revokeTitle', lead: 'revokeLead', confirm: 'confirmRevoke' },
} as const;

/** A decision that takes more than a press: a note, fewer columns, another end. */
export function DecisionDialog({ deciding, onClose }: { deciding: Deciding; onClose: () => void }) {
  const { request, verb } = deciding;
  const client = useQueryClient();
  const [note, setNote] = useState('');
  const [columns, setColumns] = useState<readonly string[]>(request.columns);
  const [until, setUntil] = useState(() => (verb === 'extend' ? inDays(90) : dayOf(request.until)));
  const [isTried, setTried] = useState(false);
  const sending = useMutation({
    mutationFn: (decision: RequestDecision) => decide(request.id, verb, decision),
    onSuccess: (decided) => {
      announce(t('done', decided.id, decided.state));
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['requests'] }),
  });
  const noteNeeded = verb === 'decline' || verb === 'revoke';
  const narrows = verb === 'approve' && request.columns.length > 0;
  const lacksNote = noteNeeded && note.trim() === '';
  const lacksColumns = narrows && columns.length === 0;
  const send = () => {
    setTried(true);
    if (lacksNote || lacksColumns) return;
    sending.mutate(decisionOf(request, verb, { note, columns, until }));
  };
  const text = texts[verb];
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t(text.title)}
      footer={
        <>
          <Button onPress={onClose}>{t('cancel')}</Button>
          <Button
            kind={verb === 'revoke' || verb === 'decline' ? 'danger' : 'primary'}
            isDisabled={sending.isPending}
            onPress={send}
          >
            {t(text.confirm)}
          </Button>
        </>
      }
    >
      <Form
        className="flex flex-col gap-4"
        validationBehavior="aria"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <p className="text-ink-soft">
          <strong className="font-semibold text-ink">
            {t('asksFor', request.port, request.columns)}
          </strong>{' '}
          {t(text.lead)}
        </p>
        {narrows ? (
          <fieldset className="flex flex-col gap-1.5">
            <legend className="mb-1 text-sm font-medium">{t('columns')}</legend>
            {request.columns.map((column) => (
              <Checkbox
                key={column}
                isSelected={columns.includes(column)}
                onChange={(on) =>
                  setColumns(
                    request.columns.filter((one) => (one === column ? on : columns.includes(one))),
                  )
                }
              >
                {column}
              </Checkbox>
            ))}
            {isTried && lacksColumns ? (
              <p className="text-sm text-bad-ink">{t('columnsNeeded')}</p>
            ) : null}
          </fieldset>
        ) : null}
        {verb === 'approve' || verb === 'extend' ? (
          <Field
            label={t('endOn')}
            type="date"
            value={until}
            onChange={setUntil}
            className="max-w-56"
          />
        ) : null}
        <Field
          label={t('note')}
          rows={3}
          value={note}
          onChange={setNote}
          isRequired={noteNeeded}
          hint={noteNeeded ? undefined : t('noteOffered')}
          problem={isTried && lacksNote ? t('noteRequired') : undefined}
          autoFocus={!narrows}
        />
        {sending.isError ? <ProblemView small error={sending.error} wasChange /> : null}
      </Form>
    </Dialog>
  );
}

/** Only what differs from what was asked for is sent. */
export function decisionOf(
  request: AccessRequest,
  verb: Verb,
  given: { note: string; columns: readonly string[]; until: string },
): RequestDecision {
  const decision: RequestDecision = { note: given.note.trim() };
  if (verb === 'approve' && given.columns.length < request.columns.length) {
    decision.columns = [...given.columns];
  }
  if (verb === 'approve' && given.until < dayOf(request.until)) {
    decision.until = endOfDay(given.until);
  }
  if (verb === 'extend') decision.until = endOfDay(given.until);
  return decision;
}
