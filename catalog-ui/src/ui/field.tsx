import type { ReactNode } from 'react';
import {
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
} from 'react-aria-components';
import { cx } from '@/ui/cx';
import { t } from '@/words/shell';

export const controlClass =
  'w-full min-h-9 rounded-md border border-line-strong bg-surface px-2.5 text-base text-ink placeholder:text-ink-faint ' +
  'data-disabled:opacity-55 data-invalid:border-bad-mark';

export function FieldLabel({ children, required }: { children: ReactNode; required?: boolean }) {
  return (
    <Label className="text-sm font-medium text-ink">
      {children}
      {required ? <span className="ml-1 font-normal text-ink-faint">({t('required')})</span> : null}
    </Label>
  );
}

export function FieldHint({ children }: { children: ReactNode }) {
  return (
    <Text slot="description" className="text-sm text-ink-soft">
      {children}
    </Text>
  );
}

export function FieldProblem({ children }: { children?: ReactNode }) {
  return <FieldError className="text-sm text-bad-ink">{children}</FieldError>;
}

export interface FieldProps extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children'> {
  label: string;
  hint?: ReactNode;
  problem?: string;
  placeholder?: string;
  /** More than one line of text. */
  rows?: number;
  mono?: boolean;
  className?: string;
}

/** One line (or `rows` lines) of text with its label, a hint and what is wrong with it. */
export function Field({
  label,
  hint,
  problem,
  placeholder,
  rows,
  mono,
  className,
  ...props
}: FieldProps) {
  const control = cx(controlClass, mono && 'font-mono text-sm');
  return (
    <AriaTextField
      {...props}
      isInvalid={problem !== undefined || props.isInvalid}
      className={cx('flex flex-col gap-1', className)}
    >
      <FieldLabel required={props.isRequired}>{label}</FieldLabel>
      {rows ? (
        <TextArea rows={rows} placeholder={placeholder} className={cx(control, 'py-2')} />
      ) : (
        <Input placeholder={placeholder} className={control} />
      )}
      {hint ? <FieldHint>{hint}</FieldHint> : null}
      <FieldProblem>{problem}</FieldProblem>
    </AriaTextField>
  );
}
