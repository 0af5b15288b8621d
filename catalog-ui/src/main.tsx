import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@/theme/global.css';
import { App } from '@/app/app';
import { followSystem } from '@/theme/theme';

followSystem();
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
