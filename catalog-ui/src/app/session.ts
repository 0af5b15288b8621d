import { createContext, useContext } from 'react';
import type { Session } from '@/api/session';

export type Me = NonNullable<Session['me']>;

export const SessionContext = createContext<Session | null>(null);

/** The session of the signed-in person. Only below `SessionGate`, which lets nobody else in. */
export function useSession(): Session & { me: Me } {
  const session = useContext(SessionContext);
  if (!session?.me) throw new Error('useSession outside a signed-in session');
  return session as Session & { me: Me };
}
