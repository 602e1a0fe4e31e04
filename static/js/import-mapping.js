/* The mapping page: the preview waits until every column has been decided, and says which one is open. */
(function () {
  "use strict";
  document.querySelectorAll("[data-mapping]").forEach(function (form) {
    const undecided = form.dataset.undecided;
    const button = form.querySelector("[data-mapping-submit]");
    const reason = form.querySelector("[data-mapping-reason]");
    function look() {
      const open = Array.prototype.filter.call(form.querySelectorAll("[data-mapping-select]"), function (select) {
        const asks = select.value === undecided;
        select.closest("[data-mapping-row]").classList.toggle("is-asked", asks);
        if (asks) {
          select.setAttribute("aria-invalid", "true");
        } else {
          select.removeAttribute("aria-invalid");
        }
        return asks;
      });
      if (open.length) {
        button.setAttribute("aria-disabled", "true");
      } else {
        button.removeAttribute("aria-disabled");
      }
      reason.hidden = open.length === 0;
    }
    form.addEventListener("change", look);
  });
})();
