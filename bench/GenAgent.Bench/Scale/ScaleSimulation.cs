namespace GenAgent.Bench.Scale;

/// <summary>Runs of a scenario, as their turns and images wait for servers and are served.</summary>
internal static class ScaleSimulation
{
    /// <summary>The moments at which prompts come, in seconds, and the images that each run makes.</summary>
    public static IEnumerable<(double At, int Images)> Arrivals(ScaleScenario scenario, int runs, int seed)
    {
        var (random, at) = (new Random(seed), 0.0);
        for (var run = 0; run < runs; run++)
        {
            at += -Math.Log(1 - random.NextDouble()) * 60 / scenario.PromptsPerMinute;
            var (draw, images) = (random.NextDouble(), 1);
            foreach (var share in scenario.Images)
            {
                draw -= share;
                if (draw < 0 || images == scenario.Images.Count) break;
                images++;
            }

            yield return (at, images);
        }
    }

    /// <summary>Simulates so many runs.</summary>
    public static ScaleOutcome Run(ScaleScenario scenario, int runs, int seed = 1)
    {
        var (clock, random) = (new EventClock(), new Random(seed + 1));
        var chat = new Station(clock, scenario.ChatGpus * scenario.Sequences);
        var images = new Station(clock, scenario.ImageGpus);
        var latencies = new List<double>(runs);
        var (chatUse, imageUse, coming) = (0.0, 0.0, runs);
        foreach (var (at, wanted) in Arrivals(scenario, runs, seed))
        {
            clock.In(at, () =>
            {
                // After the last prompt the servers run empty.
                if (--coming == 0) (chatUse, imageUse) = (chat.Utilization, images.Utilization);
                Turn(clock.Now, 0, wanted);
            });
        }

        clock.Run();
        return ScaleOutcome.Of(latencies, clock.Now, chatUse, imageUse);

        void Turn(double began, int made, int wanted) => chat.Enter(
            () => scenario.TurnSeconds(made, random.NextDouble() < scenario.PrefixHits),
            () =>
            {
                if (Fails()) Turn(began, made, wanted);
                else if (made == wanted) latencies.Add(clock.Now - began);
                else Image(began, made, wanted);
            });

        void Image(double began, int made, int wanted) => images.Enter(
            () => scenario.ImageSeconds,
            () =>
            {
                if (Fails()) Image(began, made, wanted);
                else Turn(began, made + 1, wanted);
            });

        bool Fails() => random.NextDouble() < scenario.Failures;
    }

    /// <summary>The smallest servers with which 95 % of the runs take at most so long.</summary>
    /// <exception cref="ArgumentException">A run that waits for nothing takes longer than that.</exception>
    public static (ScaleScenario Scenario, ScaleOutcome Outcome) Size(ScaleScenario scenario, double latency, int runs)
    {
        var perSecond = scenario.PromptsPerMinute / 60;
        var turns = (scenario.MeanImages + 1) / (1 - scenario.Failures);
        var turnSeconds = Enumerable.Range(0, 5).Average(made => scenario.TurnSeconds(made, isCached: true));
        var least = scenario with
        {
            ChatGpus = Math.Max(1, (int)Math.Ceiling(perSecond * turns * turnSeconds / scenario.Sequences)),
            ImageGpus = Math.Max(1, (int)Math.Ceiling(perSecond * scenario.MeanImages * scenario.ImageSeconds)),
        };
        var idle = Run(scenario with { ChatGpus = 1000, ImageGpus = 10_000 }, Math.Min(runs, 2000));
        if (idle.Slow > latency)
            throw new ArgumentException(
            $"95 % of the runs take {idle.Slow:F0} s where nothing is waited for: allow more than {latency:F0} s.", nameof(latency));
        for (var chosen = least; ; )
        {
            var outcome = Run(chosen, runs);
            if (outcome.Slow <= latency) return (chosen, outcome);

            // Whoever is busier gets a fiftieth more, at least one.
            chosen = outcome.ImageUse >= outcome.ChatUse
                ? chosen with { ImageGpus = chosen.ImageGpus + Math.Max(1, chosen.ImageGpus / 50) }
                : chosen with { ChatGpus = chosen.ChatGpus + Math.Max(1, chosen.ChatGpus / 50) };
        }
    }
}
