using System.CommandLine;
using GenAgent.Cli.Commands;
using GenAgent.Cli.Doctor;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Hosting.Doctor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GenAgent.Cli.Tests.Doctor;

public sealed class DoctorTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    private async Task<ExitCode> RunAsync(ICheck[] checks, params string[] arguments)
    {
        var host = _host.Host();
        var flags = new GlobalFlags();
        var root = new RootCommand { new DoctorCommand(checks).Build(host, flags) };
        flags.AddTo(root);
        return (ExitCode)await root.Parse(["doctor", .. arguments]).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    private static ICheck Agent => CheckList.All.Single(check => check.Name == "agent");

    private async Task<Finding> LookAsync(ICheck check)
    {
        var host = _host.Host();
        var settings = GenAgent.Hosting.Configuration.Settings.Read(host, null, []);
        return await check.RunAsync(
            new CheckContext(host, settings, GenAgent.Hosting.Composition.BackendComposition.Create(host, settings)), CancellationToken.None);
    }

    [Fact]
    public async Task Every_finding_is_shown_with_what_to_do_about_it()
    {
        var code = await RunAsync(
        [
            new FixedCheck("disk", Finding.Ok("all is well")),
            new FixedCheck("GPU",
                Finding.Note("no NVIDIA driver: local models run on the CPU",
                "With a GPU in this machine, install its driver. Else use a model behind a server for speed.")),
            new FixedCheck("agent", Finding.Fault("nobody answers", "Start the server.")),
            new ThrowingCheck(),
        ]);

        Snapshot.Match(_host.Transcript(code));
    }

    [Fact]
    public async Task Each_tool_is_looked_at_and_the_worst_finding_counts()
    {
        var check = CheckList.All.Single(check => check.Name == "tools");
        (await LookAsync(check)).ShouldBe(Finding.Note("none configured"));

        _host.Environment["GENAGENT_Backends__Tools__flux"] = "canvas";
        (await LookAsync(check)).Level.ShouldBe(FindingLevel.Ok);
        _host.Environment["GENAGENT_Backends__Tools__edit_image"] = "./absent";
        var finding = await LookAsync(check);

        finding.Level.ShouldBe(FindingLevel.Fault);
        finding.Detail.ShouldContain("edit_image: ./absent: there is no folder");
        finding.Detail.ShouldContain("flux: canvas");
        finding.Fix.ShouldBe("Set Backends:Tools:edit_image or use --tool.");
    }

    [Fact]
    public async Task A_fault_is_told_to_scripts_by_the_exit_code_and_as_JSON()
    {
        (await RunAsync([new FixedCheck("disk", Finding.Ok("fine"))], "--json")).ShouldBe(ExitCode.Success);
        (await RunAsync([new FixedCheck("disk", Finding.Fault("full", "Make room."))], "--json")).ShouldBe(ExitCode.CheckFailed);

        _host.OutputLines.ShouldBe(
        [
            """{"schema":"genagent.doctor/1","faults":0,"checks":[{"check":"disk","level":"ok","detail":"fine","fix":null}]}""",
            """{"schema":"genagent.doctor/1","faults":1,"checks":[{"check":"disk","level":"fault","detail":"full","fix":"Make room."}]}""",
        ]);
    }

    [Fact]
    public async Task A_server_that_answers_is_found_well_and_one_that_does_not_is_a_fault()
    {
        await using var server = await StartAsync(StatusCodes.Status200OK);
        _host.Environment["GENAGENT_Backends__Agent"] = $"openai:m@{server.Urls.First()}/v1";
        (await LookAsync(Agent)).Level.ShouldBe(FindingLevel.Ok);

        await server.StopAsync();
        var gone = await LookAsync(Agent);
        gone.Level.ShouldBe(FindingLevel.Fault);
        gone.Detail.ShouldContain("cannot be reached");
        gone.Fix.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(StatusCodes.Status401Unauthorized, "wants a key")]
    [InlineData(StatusCodes.Status404NotFound, "answers 404")]
    public async Task A_server_that_refuses_is_told_from_one_that_is_down(int status, string detail)
    {
        await using var server = await StartAsync(status);
        _host.Environment["GENAGENT_Backends__Agent"] = $"openai:m@{server.Urls.First()}/v1";

        var finding = await LookAsync(Agent);

        (finding.Level, finding.Detail.Contains(detail, StringComparison.Ordinal)).ShouldBe((FindingLevel.Fault, true), finding.Detail);
    }

    [Theory]
    [InlineData("http://localhost:8080", "address without a scheme")]
    [InlineData("opnai:gpt-5", "\"opnai\" is not known here")]
    public async Task A_name_that_cannot_be_right_is_a_fault(string uri, string detail)
    {
        _host.Environment["GENAGENT_Backends__Agent"] = uri;

        var finding = await LookAsync(Agent);

        finding.Level.ShouldBe(FindingLevel.Fault);
        finding.Detail.ShouldContain(detail);
    }

    [Theory]
    [InlineData("Agent", "./nowhere", "there is no folder FOLDER")]
    [InlineData("Generator", "hf:org/tiny", "genagent models pull hf:org/tiny")]
    [InlineData("Generator", "comfyui:http://127.0.0.1:1?workflow=mine.json", "Workflow mine.json cannot be read")]
    [InlineData("Generator", "a1111:http://127.0.0.1:1?smpler=Euler", "parameter \"smpler\" is unknown")]
    [InlineData("Agent", "openai:gpt-5@http://127.0.0.1:1/v1?key=absent", "GENAGENT_Secrets__absent")]
    public async Task What_a_run_would_stumble_over_is_found_before_it(string role, string uri, string words)
    {
        _host.Environment["HF_HUB_CACHE"] = Path.Combine(_host.Folder, "hub");
        _host.Environment[$"GENAGENT_Backends__{role}"] = uri;

        var finding = await LookAsync(CheckList.All.Single(check => string.Equals(check.Name, role, StringComparison.OrdinalIgnoreCase)));

        finding.Level.ShouldBe(FindingLevel.Fault);
        $"{finding.Detail} {finding.Fix}".ShouldContain(words.Replace("FOLDER", _host.Folder));
    }

    [Fact]
    public async Task A_folder_is_looked_for_where_the_command_line_stands()
    {
        Directory.CreateDirectory(Path.Combine(_host.Folder, "model"));
        _host.Environment["GENAGENT_Backends__Agent"] = "./model";

        (await LookAsync(Agent)).Detail.ShouldContain(Path.Combine(_host.Folder, "model"));
    }

    [Theory]
    [InlineData("Agent", "ollama:m@ADDRESS", "Bearer me:pw")]
    [InlineData("Generator", "a1111:ADDRESS", "Basic bWU6cHc=")]
    public async Task A_server_is_asked_where_and_with_what_a_run_will_ask_it(string role, string uri, string authorization)
    {
        string? sent = null;
        await using var server = await StartAsync(StatusCodes.Status200OK, request => sent = request.Headers.Authorization);
        _host.Environment[$"GENAGENT_Backends__{role}"] = uri.Replace("ADDRESS", server.Urls.First());
        _host.Environment["GENAGENT_Secrets__127.0.0.1"] = "me:pw";

        var finding = await LookAsync(CheckList.All.Single(check => string.Equals(check.Name, role, StringComparison.OrdinalIgnoreCase)));

        finding.Level.ShouldBe(FindingLevel.Ok, finding.Detail);
        sent.ShouldBe(authorization);
    }

    [Theory]
    [InlineData("image codecs")]
    [InlineData("disk")]
    public async Task What_the_tests_themselves_need_is_found_well_here(string name)
    {
        _host.Environment["GENAGENT_Backends__Agent"] = "scripted";

        (await LookAsync(CheckList.All.Single(check => check.Name == name))).Level.ShouldBe(FindingLevel.Ok);
    }

    private static async Task<WebApplication> StartAsync(int status, Action<HttpRequest>? see = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        foreach (var path in new[] { "/v1/models", "/sdapi/v1/samplers" })
        {
            app.MapGet(path, (HttpRequest request) =>
            {
                see?.Invoke(request);
                return Results.StatusCode(status);
            });
        }

        await app.StartAsync();
        return app;
    }

    private sealed class FixedCheck(string name, Finding finding) : ICheck
    {
        public string Name => name;

        public Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken) => Task.FromResult(finding);
    }

    private sealed class ThrowingCheck : ICheck
    {
        public string Name => "bad check";

        public Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("the check itself broke");
    }
}
