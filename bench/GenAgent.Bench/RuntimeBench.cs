using System.Globalization;
using System.Runtime.CompilerServices;
using GenAgent.Agents;
using GenAgent.Generators;
using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using static GenAgent.Bench.BenchArguments;

namespace GenAgent.Bench;

/// <summary>
/// What the agent's loop itself costs: many trajectories of two rounds, all under way at the same moment, over a model and a generator
/// that cost nothing. Processor time a round, and the memory that is left when the trajectories are over.
/// </summary>
internal static class RuntimeBench
{
    private const int Rounds = 2;

    // The compiler goes over hot code several times in the background: before that, it is measured and not the runtime.
    private const int WarmUp = 30;

    public static async Task RunAsync(string[] args)
    {
        var trajectories = Number(args, "--trajectories", 1000);
        var batches = Number(args, "--batches", 20);
        Console.WriteLine($"{trajectories} trajectories of {Rounds} rounds at once, {batches} times; a round is a turn, its image and its share of the answer");
        await MeasureAsync("headers checked only", trajectories, batches, new ImageAgentOptions { DecodeImages = false }, watched: false, store: null);
        await MeasureAsync("images decoded", trajectories, batches, new ImageAgentOptions(), watched: false, store: null);
        await MeasureAsync("watched, streaming", trajectories, batches, new ImageAgentOptions { DecodeImages = false }, watched: true, store: null);
        var folder = Directory.CreateTempSubdirectory("genagent-bench-").FullName;
        await using (var store = await TrajectoryStore.OpenAsync(folder))
        {
            await MeasureAsync("stored on disk", trajectories, batches, new ImageAgentOptions { DecodeImages = false }, watched: false, store);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task MeasureAsync(string name, int trajectories, int batches, ImageAgentOptions options, bool watched, TrajectoryStore? store)
    {
        var model = new ReadyModel(trajectories);
        var agent = new ImageAgent(model, new ReadyGenerator(), options);
        var costs = new List<double>();
        var allocated = 0.0;
        var memory = new List<long>();
        for (var batch = 0; batch < WarmUp + batches; batch++)
        {
            var before = Environment.CpuUsage.TotalTime;
            var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
            await Task.WhenAll(Enumerable.Range(0, trajectories).Select(index => OneAsync(agent, index, watched, store)));
            var cpu = (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / (trajectories * Rounds);

            if (batch >= WarmUp)
            {
                costs.Add(cpu);
                allocated = (GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / 1024.0 / (trajectories * Rounds);
                memory.Add(Settled());
            }
        }

        var (least, most) = (memory.Min() / 1024.0, memory.Max() / 1024.0);
        var growth = (memory[^1] - memory[0]) / (double)((batches - 1) * trajectories);
        costs.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-22} {costs[costs.Count / 2],6:F1} us CPU (least {costs[0]:F1}, most {costs[^1]:F1}) and {allocated:F1} KiB allocated a round   memory "
                + $"after each batch {least:F0}-{most:F0} KiB, {growth:F2} bytes a finished trajectory"));
    }

    private static async Task OneAsync(ImageAgent agent, int index, bool watched, TrajectoryStore? store)
    {
        var request = new AgentRequest("two red circles above a blue square") { Seed = SeedPath.FromRoot(1).Child("trajectory", index) };
        if (watched)
        {
            await foreach (var happened in agent.RunStreamingAsync(request))
            {
                if (happened is RunCompletedEvent { Result.StopReason: not StopReason.Answered })
                {
                    throw new InvalidOperationException("The run did not end in an answer.");
                }
            }

            return;
        }

        var result = await agent.RunAsync(request);
        if (result.Trajectory.ImageRounds != Rounds)
        {
            throw new InvalidOperationException($"The run had {result.Trajectory.ImageRounds} rounds.");
        }

        if (store is not null)
        {
            await store.AppendAsync(result);
        }
    }

    private static long Settled()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>Lets nobody go on before all have arrived: so all trajectories are under way at once.</summary>
    private sealed class Rendezvous(int count)
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _arrived;

        public Task ArriveAsync()
        {
            lock (_lock)
            {
                var all = _all;
                if (++_arrived == count)
                {
                    _arrived = 0;
                    _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    all.SetResult();
                }

                return all.Task;
            }
        }
    }

    private sealed class ReadyModel(int count) : IChatClient
    {
        private static readonly string[] Turns =
        [
            "<think>Two circles, red, above one square, blue.</think>\n<tool_call>\n{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"two red "
                + "circles above a blue square\"}}\n</tool_call>",
            "<judge>One circle is missing.\nverdict: fail</judge>\n<think>Say the number first.</think>\n<tool_call>\n{\"name\": \"generate_image\", "
                + "\"arguments\": {\"prompt\": \"exactly two red circles, side by side, above a blue square\"}}\n</tool_call>",
            "<judge>Two circles, one square, in their places.\nverdict: pass</judge>\n<answer>image 2</answer>",
        ];

        private readonly Rendezvous _all = new(count);

        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await _all.ArriveAsync();
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, Next(messages))) {
                Usage = new UsageDetails { InputTokenCount = 100, OutputTokenCount = 50 } };
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await _all.ArriveAsync();
            var text = Next(messages);
            for (var at = 0; at < text.Length; at += 4)
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, text.Substring(at, Math.Min(4, text.Length - at)));
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }

        private static string Next(IEnumerable<ChatMessage> messages) => Turns[messages.Count(message => message.Role == ChatRole.Assistant)];
    }

    private sealed class ReadyGenerator : IImageGenerator
    {
        private static readonly byte[] Png = Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==");

        public Task<ImageGenerationResponse> GenerateAsync(
            ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ImageGenerationResponse([new DataContent(Png, "image/png").WithSeed(options.GetSeed() ?? 0)]));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
