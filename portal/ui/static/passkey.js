// Passkeys: signing in with one, and adding one. The buttons appear where the browser knows them.
(() => {
  "use strict";
  if (!window.PublicKeyCredential) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function post(path, body) {
    const answer = await fetch(path, {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error("refused");
    return answer.json();
  }

  // Values of the credential's response, as the server reads them.
  function answerOf(credential, parts) {
    const response = {};
    for (const part of parts) if (credential.response[part]) response[part] = text(credential.response[part]);
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
  }

  async function signIn(path, next) {
    const { publicKey } = await post(path + "/begin");
    publicKey.challenge = bytes(publicKey.challenge);
    for (const c of publicKey.allowCredentials || []) c.id = bytes(c.id);
    const credential = await navigator.credentials.get({ publicKey });
    await post(path + "/finish", answerOf(credential, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]));
    location.assign(next);
  }

  async function add(path) {
    const { publicKey } = await post(path + "/begin");
    publicKey.challenge = bytes(publicKey.challenge);
    publicKey.user.id = bytes(publicKey.user.id);
    for (const c of publicKey.excludeCredentials || []) c.id = bytes(c.id);
    const credential = await navigator.credentials.create({ publicKey });
    await post(path + "/finish?name=" + encodeURIComponent(named ? named.value : ""), answerOf(credential, ["clientDataJSON", "attestationObject"]));
    location.reload();
  }

  const named = document.querySelector("[data-passkey-name]");
  if (named) named.closest(".field").hidden = false;
  const problem = document.querySelector("[data-passkey-problem]");
  function act(button, what) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      if (problem) problem.hidden = true;
      try {
        await what();
      } catch (e) {
        if (problem) {
          problem.hidden = false;
          problem.textContent = e.name === "NotAllowedError" ? "Nothing was chosen, or it took too long." : "This passkey was not accepted.";
        }
      }
      button.disabled = false;
    });
  }
  for (const b of document.querySelectorAll("[data-passkey]")) act(b, () => signIn(b.dataset.passkey, b.dataset.next));
  for (const b of document.querySelectorAll("[data-passkey-new]")) act(b, () => add(b.dataset.passkeyNew));
})();
