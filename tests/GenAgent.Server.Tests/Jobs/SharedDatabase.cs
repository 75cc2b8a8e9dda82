using GenAgent.Server.Tests.Serving;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>Two servers on one database and one data folder.</summary>
internal static class SharedDatabase
{
    private const int Jobs = 40;

    public static async Task CheckAsync(string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("genagent-shared-").FullName;
        try
        {
            await using var one = await RunningServer.StartAsync(settings, folder);
            await using var other = await RunningServer.StartAsync(settings, folder);
            var ids = await Task.WhenAll(
                Enumerable.Range(0, Jobs).Select(number => (number % 2 == 0 ? one : other).SubmitAsync(new { prompt = "two red circles" }, $"key-{number}")));

            // Each is asked of the server that did not take it: events come from whichever ran it.
            var ends = await Task.WhenAll(ids.Select((id, number) => (number % 2 == 0 ? other : one).EventsAsync(id)));

            foreach (var events in ends)
            {
                events.Count(happened => happened.Kind == "job.state" && happened.Data.GetProperty("state").GetString() is "succeeded" or "failed").ShouldBe(1);
                events.Count(happened => happened.Kind == "run_completed")
                    .ShouldBe(1, string.Join('\n', events.Select(happened => $"{happened.Kind} {happened.Data}")));
                events[^1].Data.GetProperty("state").GetString().ShouldBe("succeeded");
            }

            // The same key at the other server is the same job.
            (await other.SubmitAsync(new { prompt = "two red circles" }, "key-0")).ShouldBe(ids[0]);
            var image = ends[0][^1].Data.GetProperty("samples")[0].GetProperty("image").GetString();
            (await one.Client.GetByteArrayAsync(image)).ShouldBe(await other.Client.GetByteArrayAsync(image));
            Directory.GetDirectories(Path.Combine(folder, "runs")).Length.ShouldBe(2);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
