using System.Text;
using GenAgent.Models.Hub;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Tests.Models.Hub;

public sealed class HubDownloaderTests : IAsyncLifetime
{
    private static readonly byte[] Config = Encoding.UTF8.GetBytes("""{"model_type":"qwen2_5_vl"}""");
    private static readonly byte[] Weights = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];

    private readonly DirectoryInfo _cache = Directory.CreateTempSubdirectory("genagent-hub");
    private FakeHub _hub = null!;

    private HubModel Model => HubModel.Parse("hf:" + _hub.Model);

    public async ValueTask InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.Add("config.json", Config);
        _hub.Add("model.safetensors", Weights, large: true);
        _hub.Add("vae/config.json", Encoding.UTF8.GetBytes("{}"));
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _cache.Delete(recursive: true);
    }

    [Fact]
    public async Task Pulled_model_lies_where_the_hubs_own_programs_look_for_it()
    {
        var pull = await PullAsync();

        var repository = Path.Combine(_cache.FullName, "models--org--tiny-model");
        pull.Folder.ShouldBe(Path.Combine(repository, "snapshots", FakeHub.Commit));
        File.ReadAllText(Path.Combine(repository, "refs", "main")).ShouldBe(FakeHub.Commit);
        (await File.ReadAllBytesAsync(Path.Combine(pull.Folder, "model.safetensors"))).ShouldBe(Weights);
        (await File.ReadAllBytesAsync(Path.Combine(pull.Folder, "vae", "config.json"))).ShouldBe("{}"u8.ToArray());
        File.Exists(Path.Combine(repository, "blobs", FakeHub.HashOf(Weights, large: true))).ShouldBeTrue();
        File.Exists(Path.Combine(repository, "blobs", FakeHub.HashOf(Config, large: false))).ShouldBeTrue();
        if (!OperatingSystem.IsWindows())
        {
            new FileInfo(Path.Combine(pull.Folder, "vae", "config.json")).LinkTarget.ShouldBe(
                "../../../blobs/" + FakeHub.HashOf("{}"u8.ToArray(), large: false));
        }

        pull.Downloaded.ShouldBe(Weights.Length + Config.Length + 2);
    }

    [Fact]
    public async Task Second_pull_loads_nothing_again()
    {
        await PullAsync();
        var before = _hub.Requests("resolve");

        (await PullAsync()).Downloaded.ShouldBe(0);

        _hub.Requests("resolve").ShouldBe(before);
    }

    [Fact]
    public async Task Broken_connection_in_mid_file_goes_on_where_it_broke()
    {
        var breaks = 3;
        _hub.Interfere = async context =>
        {
            if (!FakeHub.IsNetwork(context) || breaks-- <= 0)
            {
                return false;
            }

            await _hub.SendAsync(context, Weights, breakAfter: 70_000);
            return true;
        };

        var pull = await PullAsync();

        (await File.ReadAllBytesAsync(Path.Combine(pull.Folder, "model.safetensors"))).ShouldBe(Weights);
        var ranges = _hub.NetworkRequests.Select(request => request.Headers.GetValueOrDefault("Range", "")).ToList();
        ranges.Count.ShouldBe(4);
        ranges[0].ShouldBeEmpty();
        ranges.Skip(1).ShouldAllBe(range => range.StartsWith("bytes=") && range != "bytes=0-");
    }

    [Fact]
    public async Task Pull_that_gave_up_goes_on_in_the_next_call()
    {
        _hub.Interfere = async context =>
        {
            if (!FakeHub.IsNetwork(context))
            {
                return false;
            }

            if (context.Request.Headers.Range.Count > 0)
            {
                context.Response.StatusCode = 503;
            }
            else
            {
                await _hub.SendAsync(context, Weights, breakAfter: 100_000);
            }

            return true;
        };
        await Should.ThrowAsync<HubUnavailableException>(() => PullAsync(_hub.Options(_cache.FullName) with { MaxRetries = 1 }));
        _hub.Interfere = _ => Task.FromResult(false);
        _hub.NetworkRequests.Clear();

        var pull = await PullAsync();

        (await File.ReadAllBytesAsync(Path.Combine(pull.Folder, "model.safetensors"))).ShouldBe(Weights);
        _hub.NetworkRequests.ShouldHaveSingleItem().Headers["Range"].ShouldBe("bytes=100000-");
    }

    [Fact]
    public async Task Server_without_ranges_is_loaded_from_the_start()
    {
        var broken = false;
        _hub.IgnoreRanges = true;
        _hub.Interfere = async context =>
        {
            if (!FakeHub.IsNetwork(context) || broken)
            {
                return false;
            }

            broken = true;
            await _hub.SendAsync(context, Weights, breakAfter: 50_000);
            return true;
        };

        var pull = await PullAsync();

        (await File.ReadAllBytesAsync(Path.Combine(pull.Folder, "model.safetensors"))).ShouldBe(Weights);
    }

    [Fact]
    public async Task Token_goes_to_the_hub_and_not_to_where_it_redirects()
    {
        _hub.Token = "hf_secret";

        await PullAsync(_hub.Options(_cache.FullName) with { Token = "hf_secret" });

        _hub.Server.Requests.ShouldAllBe(request => request.Headers["Authorization"] == "Bearer hf_secret");
        _hub.NetworkRequests.ShouldNotBeEmpty();
        _hub.NetworkRequests.ShouldAllBe(request => !request.Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task Closed_model_says_how_to_open_it_and_keeps_the_token_secret()
    {
        _hub.Token = "hf_secret";

        var without = await Should.ThrowAsync<HubAccessException>(() => PullAsync());
        var wrong = await Should.ThrowAsync<HubAccessException>(() => PullAsync(_hub.Options(_cache.FullName) with { Token = "hf_wrong" }));

        without.Message.ShouldContain("HF_TOKEN");
        without.Message.ShouldContain("Access to this model is restricted.");
        wrong.Message.ShouldNotContain("hf_wrong");
        _hub.Server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Busy_hub_is_asked_again_when_it_says()
    {
        var busy = 2;
        _hub.Interfere = context =>
        {
            if (busy-- <= 0)
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "0";
            return Task.FromResult(true);
        };

        (await PullAsync()).Files.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Wait_that_is_too_long_is_an_error_that_says_how_long()
    {
        _hub.Interfere = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.FromResult(true);
        };

        (await Should.ThrowAsync<HubUnavailableException>(() => PullAsync())).Message.ShouldContain("3600 s");
    }

    [Fact]
    public async Task Wrong_content_is_loaded_once_more_and_then_refused()
    {
        var bad = new byte[Weights.Length];
        _hub.Interfere = async context =>
        {
            if (!FakeHub.IsNetwork(context))
            {
                return false;
            }

            await _hub.SendAsync(context, bad);
            return true;
        };

        (await Should.ThrowAsync<HubIntegrityException>(() => PullAsync())).Message.ShouldContain("model.safetensors");

        _hub.NetworkRequests.Count.ShouldBe(2);
        _cache.GetFiles(FakeHub.HashOf(Weights, large: true), SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Damaged_start_of_an_old_try_is_noticed_and_loaded_anew()
    {
        var blobs = Path.Combine(_cache.FullName, "models--org--tiny-model", "blobs");
        Directory.CreateDirectory(blobs);
        await File.WriteAllBytesAsync(Path.Combine(blobs, FakeHub.HashOf(Weights, large: true) + ".incomplete"), new byte[1000]);

        var pull = await PullAsync();

        (await File.ReadAllBytesAsync(Path.Combine(pull.Folder, "model.safetensors"))).ShouldBe(Weights);
    }

    [Fact]
    public async Task Only_files_that_match_are_pulled()
    {
        using var downloader = new HubDownloader(_hub.Options(_cache.FullName), handler: _hub.Handler());

        var json = await downloader.PullAsync(Model, include: ["*.json"], exclude: ["vae/"]);
        var none = await Should.ThrowAsync<HubNotFoundException>(() => downloader.PullAsync(Model, include: ["*.gguf"]));

        json.Files.ShouldHaveSingleItem().Path.ShouldBe("config.json");
        none.Message.ShouldContain("model.safetensors");
    }

    [Theory]
    [InlineData("<html>Sign in to the hotel's network</html>", "the hub's answer is no JSON")]
    [InlineData("[]", "it lacks \"sha\" or \"siblings\"")]
    [InlineData("""{"sha":"0123456789abcdef","siblings":[{"rfilename":"a.bin"}]}""", "no hash or size for \"a.bin\"")]
    [InlineData("""{"sha":"\ud800","siblings":[]}""", "holds text that is none")]
    public async Task Answer_that_describes_no_model_is_told_with_what_is_wrong_with_it(string answer, string why)
    {
        _hub.Interfere = async context =>
        {
            await context.Response.WriteAsync(answer);
            return true;
        };

        (await Should.ThrowAsync<HubException>(() => PullAsync())).Message.ShouldContain(why);
    }

    [Fact]
    public async Task Unknown_model_is_named()
    {
        using var downloader = new HubDownloader(_hub.Options(_cache.FullName), handler: _hub.Handler());

        (await Should.ThrowAsync<HubNotFoundException>(() => downloader.PullAsync(HubModel.Parse("org/nothing")))).Message.ShouldContain("org/nothing");
    }

    [Theory]
    [InlineData("../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("a/../../evil")]
    [InlineData("a\\..\\evil")]
    public async Task File_that_would_leave_the_cache_is_refused(string path)
    {
        _hub.Add(path, Config);

        await Should.ThrowAsync<HubException>(() => PullAsync());

        _hub.Requests("resolve").ShouldBe(0);
    }

    [Fact]
    public async Task Two_pulls_at_once_load_each_file_once()
    {
        var pulls = await Task.WhenAll(PullAsync(), PullAsync(), PullAsync());

        pulls.Sum(pull => pull.Downloaded).ShouldBe(Weights.Length + Config.Length + 2);
        _hub.NetworkRequests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Offline_means_no_request()
    {
        await Should.ThrowAsync<HubUnavailableException>(() => PullAsync(_hub.Options(_cache.FullName) with { Offline = true }));

        _hub.Server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nobody_there_is_an_error_after_the_retries()
    {
        var options = _hub.Options(_cache.FullName) with { Endpoint = new Uri("http://127.0.0.1:9"), MaxRetries = 1 };

        (await Should.ThrowAsync<HubUnavailableException>(() => PullAsync(options))).Message.ShouldContain("127.0.0.1");
    }

    [Fact]
    public async Task Endless_redirects_end()
    {
        _hub.Interfere = context =>
        {
            context.Response.Redirect(context.Request.Path);
            return Task.FromResult(true);
        };

        (await Should.ThrowAsync<HubException>(() => PullAsync())).Message.ShouldContain("redirects");
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/cdn/model.safetensors")]
    [InlineData("http://[::1]:{0}/cdn/model.safetensors")]
    [InlineData("http://localhost:{0}/cdn/model.safetensors")]
    [InlineData("http://10.0.0.5/cdn/model.safetensors")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://inside.example:{0}/cdn/model.safetensors")]
    public async Task A_redirect_into_the_users_own_network_is_not_followed(string target)
    {
        _hub.Interfere = context =>
        {
            var leads = context.Request.Path.Value!.EndsWith("model.safetensors", StringComparison.Ordinal) && !FakeHub.IsNetwork(context);
            if (leads)
            {
                context.Response.Redirect(string.Format(System.Globalization.CultureInfo.InvariantCulture, target, _hub.Network.Url.Port));
            }

            return Task.FromResult(leads);
        };

        (await Should.ThrowAsync<HubException>(() => PullAsync())).Message.ShouldContain("private address");
        if (!target.Contains("example", StringComparison.Ordinal))
        {
            using var ordinary = new HubDownloader(_hub.Options(_cache.FullName));
            (await Should.ThrowAsync<HubException>(() => ordinary.PullAsync(Model))).Message.ShouldContain("private address");
        }

        _hub.NetworkRequests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Progress_ends_with_every_byte_of_every_file()
    {
        var last = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        using var downloader = new HubDownloader(_hub.Options(_cache.FullName), handler: _hub.Handler());

        await downloader.PullAsync(Model, progress: new Recorder(step => last[step.File.Path] = step.Received));

        last["model.safetensors"].ShouldBe(Weights.Length);
        last["config.json"].ShouldBe(Config.Length);
    }

    private async Task<HubPull> PullAsync(HubOptions? options = null)
    {
        using var downloader = new HubDownloader(
            options ?? _hub.Options(_cache.FullName), handler: options is null || options.Endpoint == _hub.Server.Url ? _hub.Handler() : null);
        return await downloader.PullAsync(Model);
    }

    private sealed class Recorder(Action<HubProgress> record) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => record(value);
    }
}
