/** The page in place of any page of the staff while nobody is signed in. */
import { createApp } from 'vue';
import '../ui/base.css';
import { startWords } from '../ui/words.ts';
import SignIn from './SignIn.vue';

void startWords().then(() => createApp(SignIn).mount('#app'));
