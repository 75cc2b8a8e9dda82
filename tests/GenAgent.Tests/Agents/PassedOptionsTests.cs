using System.Drawing;
using GenAgent.Agents;
using GenAgent.Generators;
using GenAgent.Tests.Generators;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace GenAgent.Tests.Agents;

/// <summary>What a caller says to the agent as to any generator reaches the generator behind it, call by call.</summary>
public sealed class PassedOptionsTests
{
    private static readonly DataContent Original = new(SeededGenerator.Png(8, 8, 99), "image/png");
    private static readonly DataContent Mask = new(SeededGenerator.Png(8, 8, 7), "image/png");

    private static ScriptedModel TwoRounds() => new(Turns.Call("a circle"), Turns.Again("two circles"), Turns.Answer());

    private static Trajectory RunOf(ImageGenerationResponse response) => response.RawRepresentation.ShouldBeOfType<AgentResult[]>()[0].Trajectory;

    [Fact]
    public async Task Mask_and_strength_of_an_edit_reach_every_call_and_the_model_sees_only_the_original()
    {
        var (model, generator) = (TwoRounds(), new SeededGenerator());
        var options = new ImageGenerationOptions().With(ImageOptionsExtensions.MaskKey, Mask).With(ImageOptionsExtensions.StrengthKey, 0.6);

        var response = await new ImageAgent(model, generator).EditImageAsync(Original, "make it blue", options);

        generator.Requests.Select(request => (request.Options.GetMask(), request.Options.GetStrength())).ShouldBe([(Mask, 0.6), (Mask, 0.6)]);
        generator.LastOriginals.ShouldBe([Original]);
        model.Requests[0].LastText.ShouldBe("[image]make it blue");
        var run = response.RawRepresentation.ShouldBeOfType<AgentResult[]>()[0];
        run.Trajectory.Rounds[1].Generation!.Strength.ShouldBe(0.6);
        run.Images[run.Trajectory.Mask!.Id].ShouldBeSameAs(Mask);
        run.Trajectory.AllImages.ShouldContain(run.Trajectory.Mask);
    }

    [Fact]
    public async Task What_the_agent_has_no_meaning_for_is_the_generators_to_read()
    {
        var generator = new SeededGenerator();
        var loras = new List<object> { new() };
        Func<IImageGenerator, object?> raw = _ => null;
        var options = new ImageGenerationOptions
        {
            MediaType = "image/webp",
            ModelId = "painter-xl",
            StreamingCount = 2,
            RawRepresentationFactory = raw,
            AdditionalProperties = new() { ["quality"] = "high", ["true_cfg_scale"] = 2.5, ["loras"] = loras },
        };

        var response = await new ImageAgent(TwoRounds(), generator).GenerateImagesAsync("p", options);

        generator.Requests.Count.ShouldBe(2);
        foreach (var (_, seen) in generator.Requests)
        {
            (seen.MediaType, seen.ModelId, seen.StreamingCount, seen.RawRepresentationFactory).ShouldBe(("image/webp", "painter-xl", 2, raw));
            (seen.AdditionalProperties!["quality"], seen.AdditionalProperties["true_cfg_scale"], seen.AdditionalProperties["loras"]).ShouldBe(
                ("high", 2.5, loras));
        }

        RunOf(response).Generator.Name.ShouldBe("painter-xl");
        var recorded = RunOf(response).Rounds[0].Generation!;
        (recorded.Model, recorded.MediaType).ShouldBe(("painter-xl", "image/webp"));
        recorded.Settings!.OrderBy(setting => setting.Key).Select(setting => (setting.Key, setting.Value))
            .ShouldBe([("loras", null), ("quality", "high"), ("raw_representation", null), ("true_cfg_scale", "2.5")]);
    }

    [Fact]
    public async Task What_the_agent_says_itself_goes_before_what_the_caller_said_of_the_whole()
    {
        var generator = new SeededGenerator();
        var options = new ImageGenerationOptions { Count = 2, ImageSize = new Size(24, 16), ResponseFormat = ImageGenerationResponseFormat.Data }
            .WithSeed(5).With(ImageOptionsExtensions.StepsKey, "7").With(ImageOptionsExtensions.NegativePromptKey, "text");

        await new ImageAgent(TwoRounds(), generator).GenerateImagesAsync("p", options);

        generator.Requests.Select(request => request.Options.GetSeed()).ShouldBeUnique();
        generator.Requests.ShouldAllBe(request => request.Options.Count == 1 && request.Options.ImageSize == new Size(24, 16)
            && request.Options.GetSteps() == 7 && request.Options.GetNegativePrompt() == "text");
        (options.Count, options.GetSeed()).ShouldBe((2, 5), "the caller's own options are left alone");
    }

    [Fact]
    public async Task Progress_runs_from_round_to_round_over_all_images_never_back_and_ends_at_one()
    {
        var progress = new SeenProgress();
        var agent = new ImageAgent(TwoRounds(), new SeededGenerator(), new ImageAgentOptions { MaxRounds = 3, CandidatesPerRound = 2 });

        await agent.GenerateImagesAsync("p", new ImageGenerationOptions().WithProgress(progress));

        progress.Reports.Select(report => (Math.Round(report.Fraction * 16), report.Stage)).ShouldBe(
            [(1, "sampling"), (2, "sampling"), (4, "judging"), (5, "sampling"), (6, "sampling"), (8, "judging"), (16, "done")]);

        progress = new SeenProgress();
        await agent.GenerateImagesAsync("p", new ImageGenerationOptions { Count = 3 }.WithProgress(progress));
        progress.Reports.Select(report => report.Fraction).ShouldBeInOrder();
        progress.Reports.Count(report => report.Fraction == 1).ShouldBe(1);
    }

    [Fact]
    public async Task The_generators_own_words_on_its_progress_come_through()
    {
        var preview = new DataContent(SeededGenerator.Png(2, 2, 1), "image/png");
        var progress = new SeenProgress();
        var generator = new FakeImageGenerator((_, options, _) =>
        {
            options.GetProgress()!.Report(new ImageProgress(0.25, "decoding") { Step = 3, Steps = 4, Preview = preview });
            return Task.FromResult(FakeImageGenerator.Painted(options.GetSeed()!.Value));
        });

        await new ImageAgent(new ScriptedModel(Turns.Call("x"), Turns.Answer()), generator, new ImageAgentOptions { MaxRounds = 1 })
            .GenerateImagesAsync("p", new ImageGenerationOptions().WithProgress(progress));

        progress.Reports[0].ShouldBe(new ImageProgress(0.125, "decoding") { Step = 3, Steps = 4, Preview = preview });
    }

    [Fact]
    public async Task Options_that_cannot_be_what_they_are_named_are_refused_before_anything_is_painted()
    {
        var generator = new SeededGenerator();
        var agent = new ImageAgent(TwoRounds(), generator);

        (await RefusedAsync(ImageOptionsExtensions.MaskKey, new UriContent("https://x.org/m.png", "image/png"))).ShouldContain(
            "\"mask\" is a UriContent, but must be image data");
        (await RefusedAsync(ImageOptionsExtensions.MaskKey, new DataContent(new byte[50], "image/png"))).ShouldContain("The mask is not sound");
        (await RefusedAsync(ImageOptionsExtensions.StrengthKey, 1.5)).ShouldContain("\"strength\" is 1.5, but must be from 0 to 1");
        (await RefusedAsync(ImageOptionsExtensions.ProgressKey, new Progress<double>())).ShouldContain("must be an IProgress<ImageProgress>");
        (await Should.ThrowAsync<ArgumentException>(
            () => agent.GenerateImagesAsync("p", new ImageGenerationOptions().With(ImageOptionsExtensions.MaskKey, Mask))))
            .Message.ShouldContain("A mask is given, but no original image");
        generator.Requests.ShouldBeEmpty();

        async Task<string> RefusedAsync(string key, object value) =>
            (await Should.ThrowAsync<ArgumentException>(() => agent.EditImageAsync(Original, "p", new ImageGenerationOptions().With(key, value)))).Message;
    }

    [Theory]
    [InlineData(ImageGenerationResponseFormat.Uri, 1)]
    [InlineData(ImageGenerationResponseFormat.Hosted, 1)]
    [InlineData(ImageGenerationResponseFormat.Data, 0)]
    public async Task Another_format_than_data_is_not_had_and_that_is_logged(ImageGenerationResponseFormat format, int warnings)
    {
        var log = new FakeLogCollector();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(new FakeLoggerProvider(log)));
        var generator = new SeededGenerator();

        var response = await new ImageAgent(TwoRounds(), generator, loggerFactory: loggers)
            .GenerateImagesAsync("p", new ImageGenerationOptions { ResponseFormat = format });

        response.Contents.ShouldHaveSingleItem().ShouldBeOfType<DataContent>();
        generator.Requests.ShouldAllBe(request => request.Options.ResponseFormat == ImageGenerationResponseFormat.Data);
        log.GetSnapshot().Count(line => line.Level == LogLevel.Warning && line.Message.Contains(format.ToString(), StringComparison.Ordinal))
            .ShouldBe(warnings);
    }

    [Fact]
    public async Task What_the_generator_says_of_an_image_survives_a_wrong_media_type()
    {
        var image = new DataContent(SeededGenerator.Png(8, 8, 1), "image/jpeg") { AdditionalProperties = new() { ["warnings"] = "cut to 77 tokens" } };
        var generator = new SeededGenerator { Instead = (_, _, _) => Task.FromResult<AIContent?>(image) };

        var response = await new ImageAgent(TwoRounds(), generator).GenerateImagesAsync("p");

        var returned = response.Contents.ShouldHaveSingleItem().ShouldBeOfType<DataContent>();
        returned.MediaType.ShouldBe("image/png");
        returned.AdditionalProperties!["warnings"].ShouldBe("cut to 77 tokens");
    }
}
