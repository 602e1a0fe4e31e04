/* Nothing typed is lost: a textarea with data-draft-key is kept on this computer for a day, for this user alone,
   and put back after an error, a time-out or the back button. It is dropped once it was saved. */
(function () {
  'use strict';
  const PREFIX = 'xh-draft:';
  const SENT = 'xh-draft-sent';
  const KEEP_MS = 24 * 60 * 60 * 1000;

  let store;
  try { store = window.localStorage; store.getItem('x'); } catch (error) { return; }

  function user() { return document.body.dataset.user; }
  function keyOf(field) { return PREFIX + user() + ':' + field.dataset.draftKey; }
  function fieldsOf(root) {
    const fields = Array.from(root.querySelectorAll('[data-draft-key]'));
    if (root.matches && root.matches('[data-draft-key]')) fields.push(root);
    return fields;
  }

  function write(key, text) {
    try { store.setItem(key, JSON.stringify({ text: text, at: Date.now() })); } catch (error) { /* full: not kept */ }
  }
  function read(key) {
    try {
      const draft = JSON.parse(store.getItem(key));
      return draft && Date.now() - draft.at < KEEP_MS ? draft : null;
    } catch (error) { return null; }
  }

  function tidy() {
    Object.keys(store).filter(function (key) { return key.startsWith(PREFIX); }).forEach(function (key) {
      if (!read(key)) store.removeItem(key);
    });
  }

  function putBack(field) {
    const draft = read(keyOf(field));
    if (!draft || draft.text === field.value || field.dataset.draftSeen) return;
    field.dataset.draftSeen = 'yes';
    const before = field.value;
    field.value = draft.text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    const note = document.getElementById('tpl-draft').content.firstElementChild.cloneNode(true);
    note.querySelector('[data-draft-drop]').addEventListener('click', function () {
      field.value = before;
      store.removeItem(keyOf(field));
      note.remove();
      field.focus();
    });
    const place = field.closest('.field') || field.parentNode;
    place.appendChild(note);
  }

  document.addEventListener('input', function (event) {
    const field = event.target;
    if (!field.matches('[data-draft-key]') || !user()) return;
    if (field.value === field.defaultValue) store.removeItem(keyOf(field));
    else write(keyOf(field), field.value);
  });

  /* Saved by htmx: an answer of success drops the form's drafts. Errors (409, 422, 4xx, 5xx, no network) keep them. */
  document.addEventListener('htmx:beforeRequest', function (event) {
    const config = event.detail.requestConfig;
    if (config.verb !== 'get') config.xhDrafts = fieldsOf(event.detail.elt.closest('form') || event.detail.elt).map(keyOf);
  });
  document.addEventListener('htmx:beforeSwap', function (event) {
    const config = event.detail.requestConfig;
    if (event.detail.xhr.status < 300 && config.xhDrafts) config.xhDrafts.forEach(function (key) { store.removeItem(key); });
  });

  /* Saved without htmx: what was sent is dropped when the next page neither asks to sign in nor shows it with errors. */
  document.addEventListener('submit', function (event) {
    const keys = fieldsOf(event.target).map(keyOf);
    if (keys.length && !event.target.matches('[hx-post]')) sessionStorage.setItem(SENT, JSON.stringify(keys));
  });
  function settleSent() {
    const sent = JSON.parse(sessionStorage.getItem(SENT) || '[]');
    if (!sent.length || !user() || document.body.hasAttribute('data-keep-drafts')) return;
    sessionStorage.removeItem(SENT);
    if (document.querySelector('.form-errors, [data-draft-keep]')) return;
    sent.forEach(function (key) { store.removeItem(key); });
  }

  document.addEventListener('DOMContentLoaded', function () {
    tidy();
    settleSent();
    fieldsOf(document).forEach(putBack);
  });
  document.addEventListener('htmx:load', function (event) {
    if (event.target !== document.body) fieldsOf(event.target).forEach(putBack);
  });
})();
