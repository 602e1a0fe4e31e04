/* Runs before the page is drawn: the folded sidebar must not flash open. */
(function () {
  'use strict';
  try {
    if (localStorage.getItem('xh-sidebar') === 'folded') document.documentElement.classList.add('sidebar-folded');
  } catch (error) { /* no storage: the sidebar stays open */ }
})();
