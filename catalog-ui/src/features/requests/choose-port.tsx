import { useState } from 'react';
import { portNamesQuery } from '@/api/ports';
import { t } from '@/features/requests/words';
import { ComboBox } from '@/ui/combo-box';
import { Loaded } from '@/ui/states/loaded';

/** The first question where nobody has said yet which port. */
export function ChoosePort({ onChoose }: { onChoose: (port: string) => void }) {
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <Loaded query={portNamesQuery} what={t('thePort')}>
      {(names) => (
        <ComboBox
          mono
          label={t('port')}
          hint={t('portHint')}
          options={names.map((name) => ({ id: name, label: name }))}
          value={chosen}
          onChange={(port) => {
            setChosen(port);
            if (port) onChoose(port);
          }}
          className="max-w-lg"
        />
      )}
    </Loaded>
  );
}
