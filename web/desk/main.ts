/** The dispatchers' and duty officers' console. */
import { createApp } from 'vue';
import '../ui/base.css';
import { desk as deskRoles, type Role } from '../../shared/roles.ts';
import { boot } from '../ui/boot.ts';
import { allowKnownStrings } from '../ui/trusted.ts';
import { startWords } from '../ui/words.ts';
import App from './App.vue';
import NoDesk from './NoDesk.vue';

async function start(): Promise<void> {
  allowKnownStrings();
  await startWords();
  const { session } = boot;
  if (!session) return;
  const roles: readonly Role[] = deskRoles;
  createApp(roles.includes(session.user.role) ? App : NoDesk, { session }).mount('#app');
}

void start();
