/** The first start: its look, and the two buttons that keep the recovery codes. */
import '../ui/tokens.css';
import './public.css';
import { all, find, onDo, showScripted } from './page.ts';

const codes = all('#codes code').map((code) => code.textContent ?? '');
// elsewhere than on a secure origin there is no clipboard: the codes can still be marked and printed
for (const button of all('[data-do="copy"]')) if (!('clipboard' in navigator)) button.remove();
showScripted();

onDo('copy', () => {
  const told = find('.copied');
  void navigator.clipboard.writeText(codes.join('\n')).then(() => {
    if (told) told.textContent = told.dataset['words'] ?? '';
  });
});
onDo('print', () => {
  print();
});
