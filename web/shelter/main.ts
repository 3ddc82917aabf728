import '../ui/base.css';
import './shelter.css';
import { createApp } from 'vue';
import { startWords } from '../ui/start-words.ts';
import Shelter from './Shelter.vue';

async function start(): Promise<void> {
  await startWords();
  createApp(Shelter).mount('#app');
}
void start();
