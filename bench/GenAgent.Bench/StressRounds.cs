using System.Diagnostics;
using System.Globalization;
using GenAgent.Agents;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Engine;
using GenAgent.Torch.Generation;
using static TorchSharp.torch;

namespace GenAgent.Bench;

/// <summary>
/// Rounds of many agent runs at once on the engines of this process, each ended in one of the ways that crash or hang a careless engine: runs cancelled at
/// random, generator and model disposed of under them, all told to stop.
/// </summary>
/// <param name="models">The folder of the embedded models.</param>
/// <param name="runs">Runs at once.</param>
internal sealed class StressRounds(string models, int runs)
{
    // TorchSharp goes on counting some tensors whose memory the layers of a model take over, once for each model that is loaded; what runs leak is counted in
    // thousands.
    private const long CountedOfModels = 400;

    private const int MostSpans = 6;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Tensors that are counted after the last round and were not before it; at most 400, else the round has failed.</summary>
    public long Left { get; private set; }

    /// <summary>One round.</summary>
    /// <param name="random">Where all moments come from.</param>
    /// <param name="milliseconds">The longest that a round works before it is ended.</param>
    /// <param name="stop">Ends all runs: a signal.</param>
    /// <returns>How the runs ended, by kind.</returns>
    /// <exception cref="InvalidOperationException">A run ended as none may, or a tensor is left.</exception>
    /// <exception cref="TimeoutException">A run does not end.</exception>
    public async Task<SortedDictionary<string, int>> RunAsync(Random random, int milliseconds, CancellationToken stop)
    {
        var before = Live();
        var chat = TorchChatClient.Load(Path.Combine(models, "micro-agent"), new GenerationEngineOptions { CacheBytes = 256L << 20 });
        var generator = FluxImageGenerator.Open(Path.Combine(models, "micro-flux"), new FluxEngineOptions { DefaultSteps = 4 });
        var agent = new ImageAgent(chat, generator);
        var ends = new List<Task<string>>();
        for (var run = 0; run < runs; run++)
        {
            // A third is cancelled at some moment, some of them before they begin.
            var moment = random.Next(3) == 0 ? TimeSpan.FromMilliseconds(random.Next(-20, milliseconds)) : Timeout.InfiniteTimeSpan;
            ends.Add(EndOfAsync(agent, run, moment, random.Next(2) == 0, stop));
        }

        using var working = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.Delay(random.Next(milliseconds), working.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        IDisposable[] parts = random.Next(2) == 0 ? [agent, chat] : [chat, agent];
        var all = Task.WhenAll(ends);
        if (random.Next(4) == 0 && !stop.IsCancellationRequested) await EndAsync(all);
        foreach (var part in parts)
        {
            if (random.Next(2) == 0) await Task.WhenAll(Task.Run(part.Dispose, CancellationToken.None), Task.Run(part.Dispose, CancellationToken.None));
            else part.Dispose();
        }

        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var end in await EndAsync(all)) counts[end] = counts.GetValueOrDefault(end) + 1;
        Left = Live() - before;
        return Left <= CountedOfModels ? counts : throw new InvalidOperationException($"{Left} tensors are left of a round.");
    }

    // On a machine that has little time for this process runs take long. They hang if they want none of it.
    private static async Task<string[]> EndAsync(Task<string[]> all)
    {
        for (var span = 0; span < MostSpans; span++)
        {
            var before = WantedTime();
            if (await Task.WhenAny(all, Task.Delay(Patience, CancellationToken.None)) == all) return await all;
            if (WantedTime() - before < TimeSpan.FromSeconds(1)) break;
        }

        throw new TimeoutException("Runs hang.");
    }

    // Processor time that the process had, and time that its threads waited for a processor, where the system tells.
    private static TimeSpan WantedTime()
    {
        const string Threads = "/proc/self/task";
        var had = Process.GetCurrentProcess().TotalProcessorTime;
        if (!Directory.Exists(Threads)) return had;
        var nanoseconds = 0.0;
        foreach (var thread in Directory.EnumerateDirectories(Threads))
        {
            try
            {
                nanoseconds += double.Parse(File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[1], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // The thread has ended.
            }
        }

        return had + TimeSpan.FromSeconds(nanoseconds / 1e9);
    }

    private static long Live() => Tensor.TotalCount - Torch.LastingParameter.Made;

    /// <summary>Starts paintings and talks, and returns in the middle of them without disposing of anything: what a program does that forgets to.</summary>
    public async Task LeaveAsync()
    {
        var chat = TorchChatClient.Load(Path.Combine(models, "micro-agent"));
        var agent = new ImageAgent(chat, FluxImageGenerator.Open(Path.Combine(models, "micro-flux")));
        for (var run = 0; run < runs; run++) _ = EndOfAsync(agent, run, Timeout.InfiniteTimeSpan, isStreamed: false, CancellationToken.None);
        await Task.Delay(1000, CancellationToken.None);
    }

    private static async Task<string> EndOfAsync(ImageAgent agent, int run, TimeSpan moment, bool isStreamed, CancellationToken stop)
    {
        using var own = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (moment != Timeout.InfiniteTimeSpan && moment <= TimeSpan.Zero) await own.CancelAsync();
        else if (moment > TimeSpan.Zero) own.CancelAfter(moment);
        var request = new AgentRequest(run % 2 == 0 ? "a red circle left of a blue square" : "three green stars") {
            Seed = Seeds.SeedPath.FromRoot((ulong)run) };
        try
        {
            if (!isStreamed) return (await agent.RolloutAsync(request, own.Token)).StopReason.ToString();
            await foreach (var happened in agent.RunStreamingAsync(request, own.Token))
            {
                if (happened is RunCompletedEvent completed) return completed.Result.StopReason.ToString();
            }

            return "streamed";
        }
        catch (Exception fault) when (fault is OperationCanceledException or NoImageException or ObjectDisposedException)
        {
            return fault.GetType().Name;
        }
    }
}
