// "Your goods are held until 15:02 (12:31 left)." Loads the page anew when the time is over.
// data-countdown holds the moment; [data-countdown-left] shows what is left, [data-countdown-told] says it
// aloud now and then: a reader that is told every second hears nothing else.

const ALOUD = [600, 300, 120, 60]; // seconds

document.querySelectorAll("[data-countdown]").forEach((clock) => {
  const until = Date.parse(clock.dataset.countdown);
  const left = clock.querySelector("[data-countdown-left]");
  const told = document.querySelector("[data-countdown-told]");
  let last = Infinity;

  const show = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    // The server's clock may be a little behind this one: it must see the time as over, too.
    if (seconds < -1) {
      clearInterval(ticking);
      return location.replace(location.pathname + location.search);
    }
    const shown = Math.max(seconds, 0);
    left.textContent = ` (${Math.floor(shown / 60)}:${String(shown % 60).padStart(2, "0")} left)`;
    const mark = ALOUD.find((each) => shown <= each && each < last);
    if (mark && last !== Infinity) told.textContent = `${Math.ceil(shown / 60)} min left to pay.`;
    last = shown;
  };
  const ticking = setInterval(show, 1000);
  show();
});
