// Follows localstripe's Stripe.js, which has the card Element only: a Payment Element and confirmPayment
// over it, with as much of their manners as the payment page relies on.
{
  const makeStripe = window.Stripe;

  const confirm = async (key, clientSecret, card) => {
    const id = clientSecret.split("_secret_")[0];
    const response = await fetch(`${LOCALSTRIPE_BASE_API}/v1/payment_intents/${id}/confirm`, {
      method: "POST",
      body: JSON.stringify({
        key,
        client_secret: clientSecret,
        payment_method_data: { type: "card", card },
      }),
    });
    return response.json();
  };

  const authenticate = async (stripe, clientSecret) => {
    const { error, paymentIntent } = await stripe.confirmCardPayment(clientSecret);
    if (error) return { error };
    return paymentIntent.last_payment_error ? { error: paymentIntent.last_payment_error } : paymentIntent;
  };

  window.Stripe = (key) => {
    const stripe = makeStripe(key);
    return {
      ...stripe,
      elements: ({ clientSecret, appearance }) => {
        const inner = stripe.elements();
        const elements = {
          clientSecret,
          appearance,
          update: (changes) => Object.assign(elements, changes),
          create: (type, options) => {
            elements.card = inner.create("card");
            elements.options = options;
            return {
              mount: (box) => {
                elements.card.mount(box);
                box.querySelectorAll("input").forEach((field) => field.setAttribute("aria-label", field.placeholder));
              },
              on: (event, run) => event === "ready" && setTimeout(run),
            };
          },
        };
        window.mountedElements = elements;
        return elements;
      },
      confirmPayment: async ({ elements, confirmParams }) => {
        const { clientSecret } = elements;
        let intent = await confirm(key, clientSecret, elements.card.value.card);
        if (intent.status === "requires_action") intent = await authenticate(stripe, clientSecret);
        if (intent.error) return { error: { ...intent.error, type: "card_error" } };
        const address = new URL(confirmParams.return_url);
        address.searchParams.set("payment_intent", intent.id);
        address.searchParams.set("payment_intent_client_secret", clientSecret);
        address.searchParams.set("redirect_status", "succeeded");
        location.assign(address);
        return new Promise(() => {});
      },
    };
  };
}
