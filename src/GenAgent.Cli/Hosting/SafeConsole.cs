using GenAgent.Telemetry;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GenAgent.Cli.Hosting;

/// <summary>
/// Stands in the way of all that is drawn on a console: text loses what could command the terminal, and the secrets that the host knows by
/// then. What the console itself writes to move its cursor passes.
/// </summary>
internal sealed class SafeConsole(Func<SecretMask> mask) : IRenderHook
{
    public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
        renderables.Select(inner => inner is Safe ? inner : new Safe(inner, mask()));

    private sealed class Safe(IRenderable inner, SecretMask mask) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => inner.Render(options, maxWidth).Select(segment =>
            segment.IsControlCode || segment.IsLineBreak ? segment : Cleaned(segment));

        private Segment Cleaned(Segment segment)
        {
            var text = mask.MaskValues(TerminalText.Clean(segment.Text));
            return string.Equals(text, segment.Text, StringComparison.Ordinal) ? segment : new Segment(text, segment.Style);
        }
    }
}
