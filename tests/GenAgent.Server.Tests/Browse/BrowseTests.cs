using System.Diagnostics;
using System.Net;
using System.Text;
using GenAgent.Server.Tests.Serving;

namespace GenAgent.Server.Tests.Browse;

/// <summary>Trajectories and runs as the page asks for them.</summary>
public sealed class BrowseTests
{
    [Fact]
    public async Task A_job_s_trajectories_are_listed_filtered_and_shown_whole_with_their_group()
    {
        await using var server = await RunningServer.StartAsync(["Backends:Judge=verifier"]);
        var job = await server.EndAsync(await server.SubmitAsync(new { prompt = "two red circles", count = 2 }));
        await server.EndAsync(await server.SubmitAsync(new { prompt = "a blue square" }));

        var all = await server.GetAsync("/api/trajectories");
        var some = await server.GetAsync("/api/trajectories?text=RED&outside=right&verdict=passed&minRounds=1");

        all.GetProperty("total").GetInt32().ShouldBe(3);
        all.GetProperty("items")[0].GetProperty("prompt").GetString().ShouldBe("a blue square");
        all.GetProperty("facets").GetProperty("generators").EnumerateArray().Count().ShouldBe(1);
        some.GetProperty("total").GetInt32().ShouldBe(2);
        var group = await server.GetAsync($"/api/groups/{some.GetProperty("items")[0].GetProperty("group").GetString()}");
        group.GetProperty("items").GetArrayLength().ShouldBe(2);
        var one = await server.GetAsync($"/api/trajectories/{job.GetProperty("samples")[0].GetProperty("trajectory").GetString()}");
        var turn = one.GetProperty("turns")[0];
        turn.GetProperty("call").GetProperty("arguments").GetProperty("prompt").GetString().ShouldNotBeNullOrEmpty();
        turn.GetProperty("judgment").GetProperty("passed").GetBoolean().ShouldBeTrue();
        turn.GetProperty("outside").GetArrayLength().ShouldBe(1);
        one.GetProperty("answer").GetProperty("image").GetString().ShouldStartWith("/api/images/");
    }

    [Fact]
    public async Task Pages_follow_each_other_without_holes_in_every_order()
    {
        using var own = new TemporaryFolder();
        var folder = own.Path;
        await Written.ManyAsync(folder, 25);
        await using var server = await RunningServer.StartAsync([$"Server:Browse={folder}"], readOnly: true);
        foreach (var sort in (string[])["newest", "oldest", "score"])
        {
            var seen = new List<string>();
            for (string? cursor = string.Empty; cursor is not null;)
            {
                var page = await server.GetAsync($"/api/trajectories?limit=10&sort={sort}{(cursor.Length > 0 ? $"&cursor={cursor}" : string.Empty)}");
                seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
                cursor = page.GetProperty("next").GetString();
            }

            seen.Count.ShouldBe(25);
            seen.ShouldBeUnique();
        }
    }

    [Fact]
    public async Task A_page_of_ten_thousand_trajectories_holds_what_was_asked_for_and_no_more()
    {
        using var own = new TemporaryFolder();
        var folder = own.Path;
        await Written.ManyAsync(folder, 10_000);
        await using var server = await RunningServer.StartAsync([$"Server:Browse={folder}"], readOnly: true);
        (await server.GetAsync("/api/trajectories")).GetProperty("total").GetInt32().ShouldBe(10_000);
        var clock = Stopwatch.StartNew();

        var page = await server.GetAsync("/api/trajectories?text=circle&limit=50");

        // Only where nothing else runs does the time say something of the index.
        if (Environment.GetEnvironmentVariable("GENAGENT_TIMES") is { Length: > 0 }) clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(1));
        page.GetProperty("items").GetArrayLength().ShouldBe(50);
        page.GetRawText().Length.ShouldBeLessThan(50_000);
        TestContext.Current.TestOutputHelper?.WriteLine($"a page of 10,000: {clock.ElapsedMilliseconds} ms");
    }

    [Theory]
    [InlineData("atif", "steps")]
    [InlineData("sharegpt", "conversations")]
    [InlineData("parquet", "PAR1")]
    public async Task A_trajectory_is_exported(string format, string content)
    {
        await using var server = await RunningServer.StartAsync();
        var job = await server.EndAsync(await server.SubmitAsync(new { prompt = "two red circles" }));
        var id = job.GetProperty("samples")[0].GetProperty("trajectory").GetString();

        var file = await server.Client.GetByteArrayAsync($"/api/trajectories/{id}/export?format={format}");

        Encoding.Latin1.GetString(file).ShouldContain(content);
        (await server.Client.GetAsync($"/api/trajectories/{id}/export?format=exe")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_download_says_what_made_the_image()
    {
        await using var server = await RunningServer.StartAsync();
        var sample = (await server.EndAsync(await server.SubmitAsync(new { prompt = "two red circles" }))).GetProperty("samples")[0];

        using var file = await server.Client.GetAsync($"{sample.GetProperty("image").GetString()}?download=1");

        var text = Encoding.Latin1.GetString(await file.Content.ReadAsByteArrayAsync());
        text.ShouldContain("iTXtparameters");
        text.ShouldContain($"Trajectory: {sample.GetProperty("trajectory").GetString()}");
        SkiaSharp.SKBitmap.Decode(Encoding.Latin1.GetBytes(text)).ShouldNotBeNull();
        using var small = await server.Client.GetAsync($"{sample.GetProperty("image").GetString()}?width=20");
        small.Headers.CacheControl!.ToString().ShouldContain("immutable");
    }

    [Fact]
    public async Task A_folder_is_viewed_without_a_database_and_takes_no_jobs()
    {
        using var own = new TemporaryFolder();
        var folder = own.Path;
        await Written.ManyAsync(Path.Combine(folder, "one"), 3);
        await Written.ManyAsync(Path.Combine(folder, "other"), 4);
        Directory.CreateDirectory(Path.Combine(folder, "sft"));
        await File.WriteAllTextAsync(
            Path.Combine(
                folder, "sft", "metrics.jsonl"),
                "{\"step\":1,\"samples\":8,\"loss\":2.5}\n{\"step\":2,\"samples\":16,\"loss\":\"NaN\",\"eval/success\":0.5}\n{\"step\":3,\"sam");
        await using var server = await RunningServer.StartAsync([$"Server:Browse={folder}"], readOnly: true);

        (await server.GetAsync("/api/info")).GetProperty("readOnly").GetBoolean().ShouldBeTrue();
        (await server.GetAsync("/api/trajectories?source=one")).GetProperty("total").GetInt32().ShouldBe(3);
        (await server.PostAsync("/api/jobs", new { prompt = "a" })).StatusCode.ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed);
        Directory.EnumerateFiles(folder, "*.db", SearchOption.AllDirectories).ShouldBeEmpty();

        var pairs = await server.GetAsync("/api/compare?a=one&b=other");
        pairs.GetProperty("totals").GetProperty("onlyB").GetInt32().ShouldBe(1);
        pairs.GetProperty("items").GetArrayLength().ShouldBe(4);

        var runs = (await server.GetAsync("/api/runs")).GetProperty("items").EnumerateArray().ToDictionary(run => run.GetProperty("name").GetString()!);
        runs["sft"].GetProperty("kind").GetString().ShouldBe("training");
        runs["sft"].GetProperty("steps").GetInt64().ShouldBe(2);
        var series = (await server.GetAsync("/api/runs/sft/metrics?series=loss,eval/success")).GetProperty("series");
        series.GetProperty("loss").GetRawText().ShouldBe("[[1,2.5],[2,null]]");
        (await server.GetAsync("/api/runs/sft/metrics?series=loss&after=1")).GetProperty("series").GetProperty("loss").GetArrayLength().ShouldBe(1);
    }
}
