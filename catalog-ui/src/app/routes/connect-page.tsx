import { useNavigate, useSearch } from '@tanstack/react-router';
import { Connect } from '@/features/connect/connect';

export function ConnectPage() {
  const { client, port } = useSearch({ from: '/connect' });
  const navigate = useNavigate();
  const show = (search: { client?: string; port?: string }) =>
    void navigate({ to: '/connect', search, replace: true });
  return (
    <Connect
      client={client ?? null}
      port={port ?? null}
      onClient={(next) => show({ client: next ?? undefined, port })}
      onPort={(next) => show({ client, port: next ?? undefined })}
    />
  );
}
