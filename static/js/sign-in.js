/* Sign-in page: show the password, fill in a demo account. */
(function () {
  'use strict';
  document.addEventListener('click', function (event) {
    const show = event.target.closest('[data-show-password]');
    if (show) {
      const field = document.getElementById(show.dataset.showPassword);
      const shown = field.type === 'text';
      field.type = shown ? 'password' : 'text';
      show.setAttribute('aria-pressed', String(!shown));
      field.focus();
    }
    const demo = event.target.closest('[data-demo-user]');
    if (demo) {
      const form = document.querySelector('[data-sign-in]');
      form.querySelector('[name="login"]').value = demo.dataset.demoUser;
      form.querySelector('[name="password"]').value = demo.dataset.demoPassword;
      form.querySelector('button[type="submit"]').focus();
    }
  });
})();
