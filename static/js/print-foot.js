/* The foot of every printed page: the text of .print-foot goes into the page's margin where the browser knows margin
   boxes; elsewhere it stands once, at the end. */
(function () {
  'use strict';
  // When it is printed and not before: any rule that is added makes the browser work out the style of everything anew.
  window.addEventListener('beforeprint', function () {
    const foot = document.querySelector('.print-foot');
    const sheet = document.styleSheets[0];
    if (!foot || foot.hidden || !sheet || !('CSSMarginRule' in window)) return;
    const text = JSON.stringify(foot.textContent.trim().replace(/\s+/g, ' '));
    sheet.insertRule('@page { @bottom-left { content: ' + text + '; font-size: 8.5pt; color: #3b475a; } }', sheet.cssRules.length);
    foot.hidden = true;
  });
})();
