import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { I18nProvider } from 'react-aria-components';
import { createQueryClient } from '@/app/query-client';
import { createAppRouter } from '@/app/router';
import { LiveRegions } from '@/ui/live-regions';
import { ToastRegion } from '@/ui/toast';

export function App() {
  const [queryClient] = useState(createQueryClient);
  const [router] = useState(() => createAppRouter(queryClient));
  return (
    <QueryClientProvider client={queryClient}>
      <I18nProvider locale="en-GB">
        <LiveRegions />
        <RouterProvider router={router} />
        <ToastRegion />
      </I18nProvider>
    </QueryClientProvider>
  );
}
