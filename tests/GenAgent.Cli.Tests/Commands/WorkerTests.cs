using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Cli.Commands.Sharing;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Server.Work;
using GenAgent.Training.Synthesis;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAgent.Cli.Tests.Commands;

/// <summary>What a user's worker does between runs, and while it is set up for one.</summary>
public sealed class WorkerTests : IAsyncLifetime
{
    private const string Owner = "owner";
    private const string Task0 = "synth-0000000";

    private static readonly TimeSpan Term = TimeSpan.FromDays(1);

    private readonly TestHost _host = new(width: 200);
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private ITaskBoard _board = null!;

    public async ValueTask InitializeAsync() =>
        _board = await TaskBoards.OpenAsync(Path.Combine(_host.Folder, "board"), password: null, _host.Time, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _board.DisposeAsync();
        _stop.Dispose();
        _host.Dispose();
    }

    /// <summary>The run of <c>data synth</c>.</summary>
    private async Task<SharedRun> SynthesisAsync(string id)
    {
        var values = new Dictionary<string, string> { ["Backends:Generator"] = "canvas", ["Backends:Judge"] = "verifier" };
        var work = new SynthesisWork("oracle", null, 0, 0, 0, new SynthesisOptions { Seed = 1, Count = 5 }, values);
        var settings = Settings.Read(_host.Host(), file: null, [.. values.Select(value => new FlagValue(value.Key, value.Value, "the test"))]);
        await using var setup = await work.SetUpAsync(_host.Host(), settings, null, NullLoggerFactory.Instance, sharing: null, _stop.Token);
        return new(id, SynthesisWork.Kind, setup.Manifest.ToString(), JsonSerializer.Serialize(work, SharedSettings.Json), RunSharing.Version);
    }

    /// <summary>The rollouts of a <c>train rl</c> on an engine, which no worker of these tests gets as far as.</summary>
    private static SharedRun Rollouts(string id, string engine) => new(
        id, RolloutWork.Kind, new RunManifest("rollouts", 1, new Dictionary<string, string?>()).ToString(),
        new JsonObject
        {
            ["recipe"] = new JsonObject { ["startFrom"] = "micro", ["generator"] = "canvas", ["judge"] = "verifier", ["engine"] = engine }, ["prompts"] = null,
        }.ToJsonString(),
        RunSharing.Version);

    private async Task PostAsync(params SharedRun[] runs)
    {
        foreach (var run in runs)
        {
            await _board.OpenAsync(run, Owner, Term, _stop.Token);
            await _board.PostAsync(run.Id, Owner, [Task0], _stop.Token);
        }
    }

    private Task<ExitCode> WorkAsync(params string[] flags) =>
        Task.Run(() => _host.RunAsync(["worker", "--database", "board", .. flags], _stop.Token));

    private int Count(string said) => _host.Screen.Output.Split(said).Length - 1;

    [Fact]
    public async Task A_worker_that_left_a_run_to_others_does_the_next_one()
    {
        var good = await SynthesisAsync("b-good");
        await PostAsync(good with { Id = "a-other", Manifest = new RunManifest(good.Kind, 7, new Dictionary<string, string?>()).ToString() }, good);

        var working = WorkAsync();

        var result = await Until.AnyAsync(
            async () => (await _board.ResultsAsync(good.Id, Owner, 1, [], _stop.Token))!.SingleOrDefault(), "the worker has done the task of the good run");
        ResultPackage.Read(result.Result.ShouldNotBeNull()).TrajectoryOf(Task0);
        _host.Said.ShouldContain("Run a-other (synthesis) is left to others: what decides the results is not the same here");
        await _stop.CancelAsync();
        (await working).ShouldBe(ExitCode.Success);
    }

    [Fact]
    public async Task Steps_of_a_training_that_a_worker_cannot_do_are_left_to_others_with_one_word()
    {
        var one = (await SynthesisAsync("step-1")) with { Version = "0.0.1-other" };
        await PostAsync(one, one with { Id = "step-2" }, one with { Id = "step-3" });

        (await WorkAsync("--idle", "0")).ShouldBe(ExitCode.Success);

        Count("is left to others").ShouldBe(1, _host.Said);
    }

    [Fact]
    public async Task A_stop_while_the_worker_is_set_up_ends_it_as_every_stop_does()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var engine = $"vllm:x@http://{silent.LocalEndpoint}";
        await PostAsync(Rollouts("run", engine));

        var working = WorkAsync("--allow", engine);
        await Until.TrueAsync(silent.Pending, "the worker asks the engine");
        await _stop.CancelAsync();

        (await working).ShouldBe(ExitCode.Success, _host.Said);
        _host.Said.ShouldNotContain("left to others");
    }

    [Fact]
    public async Task A_run_whose_backend_does_not_answer_is_tried_again_after_a_minute_and_no_other_is()
    {
        var (resting, wrong) = (Rollouts("resting", "vllm:x@http://there"), Rollouts("wrong", "vllm:x@http://elsewhere"));
        await PostAsync(resting, wrong);
        RunSearch search = new(_host.Host(), _board, only: null);
        for (var minute = 0; minute < 3; minute++)
        {
            (await search.NextAsync(_stop.Token)).ShouldBe(resting);
            search.Refuse(resting, new BackendUnavailableException("The server does not answer."));
            if (minute == 0) search.Refuse(wrong, new BackendRejectedException("There is no such model."));
            (await search.NextAsync(_stop.Token)).ShouldBeNull();
            _host.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Count("Run resting (rollouts) is left to others: The server does not answer.").ShouldBe(1, "the same is said once");
    }

    [Theory]
    [InlineData("--set", "Http:MaxResponseBytes=10")]
    [InlineData("--config", "other.json")]
    public async Task A_worker_s_own_options_hold_for_the_backends_of_a_training(string flag, string value)
    {
        _host.Write("other.json", """{ "Http": { "MaxResponseBytes": 10 } }""");
        await using var server = new RawServer((_, _) => RawServer.Answer("""{"some":"long value"}"""));
        var engine = $"vllm:x@http://127.0.0.1:{server.Port}";
        await PostAsync(Rollouts("run", engine));

        (await WorkAsync("--idle", "0", "--allow", engine, flag, value)).ShouldBe(ExitCode.Success);

        _host.Said.ShouldContain("is left to others");
        _host.Said.ShouldContain("10 bytes");
    }

    [Fact]
    public async Task That_the_database_is_out_of_reach_is_said_once_an_outage()
    {
        RunSearch search = new(_host.Host(), _board, only: null);
        for (var outage = 1; outage <= 2; outage++)
        {
            await RenameAsync("shared_runs", "elsewhere");
            for (var call = 0; call < 3; call++) (await search.NextAsync(_stop.Token)).ShouldBeNull();
            Count("Trying again.").ShouldBe(outage, _host.Said);
            await RenameAsync("elsewhere", "shared_runs");
            await search.NextAsync(_stop.Token);
        }
    }

    private async Task RenameAsync(string from, string to)
    {
        await using var database = new SqliteConnection($"Data Source={Path.Combine(_host.Folder, "board", "server.db")}");
        await database.OpenAsync(_stop.Token);
        await using var rename = database.CreateCommand();
        rename.CommandText = $"ALTER TABLE {from} RENAME TO {to}";
        await rename.ExecuteNonQueryAsync(_stop.Token);
    }
}
