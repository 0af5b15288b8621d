import type { ReactNode } from 'react';
import type { PortAnswer } from '@/features/product/queries';
import { chosenPort } from '@/features/product/seeing';
import { t } from '@/features/product/words';
import { lastPart } from '@/ui/names';
import { Select } from '@/ui/select';

export interface PortTabProps {
  ports: readonly PortAnswer[];
  /** The last part of a port's name. */
  port: string | undefined;
  onPort: (port: string) => void;
}

/** One port at a time: which one, where there are several, and what is shown of it. */
export function PortChoice({
  ports,
  port,
  onPort,
  beside,
  children,
}: PortTabProps & { beside?: ReactNode; children: (port: PortAnswer) => ReactNode }) {
  const chosen = chosenPort(ports, port);
  if (!chosen) return null;
  return (
    <div className="flex flex-col gap-4">
      {ports.length > 1 || beside ? (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          {ports.length > 1 ? (
            <Select
              label={t('port')}
              labelHidden
              options={ports.map((one) => ({
                id: lastPart(one.name),
                label: lastPart(one.name),
                hint: one.description,
              }))}
              value={lastPart(chosen.name)}
              onChange={onPort}
              className="min-w-44"
            />
          ) : null}
          {beside}
        </div>
      ) : null}
      {children(chosen)}
    </div>
  );
}
