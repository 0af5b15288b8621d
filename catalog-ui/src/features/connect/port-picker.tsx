import { useQuery } from '@tanstack/react-query';
import { productsQuery } from '@/api/catalog';
import { t } from '@/features/connect/words';
import { ComboBox } from '@/ui/combo-box';

const everything = '';

export interface PortPickerProps {
  port: string | null;
  onPort: (port: string | null) => void;
}

/** One of the ports that the person may read, or the whole mesh. */
export function PortPicker({ port, onPort }: PortPickerProps) {
  const { data } = useQuery(productsQuery);
  const ports = (data ?? []).flatMap((product) => product.ports.filter(({ readable }) => readable));
  const names = ports.map(({ name, description }) => ({
    id: name,
    label: name,
    hint: description,
  }));
  const known = port === null || names.some(({ id }) => id === port);
  const options = [
    { id: everything, label: t('portAll') },
    ...names,
    ...(known ? [] : [{ id: port, label: port }]),
  ];
  return (
    <ComboBox
      key={options.length}
      label={t('port')}
      hint={t('portHint')}
      options={options}
      value={port ?? everything}
      onChange={(next) => next !== null && onPort(next === everything ? null : next)}
      className="mb-5 max-w-xl"
    />
  );
}
