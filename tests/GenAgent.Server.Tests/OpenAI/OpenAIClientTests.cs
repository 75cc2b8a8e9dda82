using System.ClientModel;
using System.ClientModel.Primitives;
using global::OpenAI;
using global::OpenAI.Chat;
using global::OpenAI.Images;
using global::OpenAI.Responses;
using GenAgent.Server.Tests.Protocols;

namespace GenAgent.Server.Tests.OpenAI;

/// <summary>OpenAI's official .NET client against a running server.</summary>
public sealed class OpenAIClientTests(ProtocolServer server) : IClassFixture<ProtocolServer>
{
    private const string Prompt = "two red circles";

    private OpenAIClient Client =>
        new(new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = server.At("/v1"), RetryPolicy = new ClientRetryPolicy(0) });

    [Fact]
    public async Task Models_are_listed_and_one_is_described()
    {
        var models = Client.GetOpenAIModelClient();

        (await models.GetModelsAsync(TestContext.Current.CancellationToken)).Value.Select(model => model.Id).ShouldContain("genagent");
        (await models.GetModelAsync("genagent", TestContext.Current.CancellationToken)).Value.OwnedBy.ShouldBe("genagent");
        (await Should.ThrowAsync<ClientResultException>(() => models.GetModelAsync("nobody", TestContext.Current.CancellationToken))).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Several_images_are_generated_each_with_the_agent_s_prompt()
    {
        var images = (await Client.GetImageClient("genagent").GenerateImagesAsync(Prompt, 2, cancellationToken: TestContext.Current.CancellationToken)).Value;

        images.Count.ShouldBe(2);
        images.ShouldAllBe(image => IsPng(image.ImageBytes) && image.RevisedPrompt.Length > 0);
        images.Usage.TotalTokenCount.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("jpeg", new byte[] { 0xFF, 0xD8, 0xFF })]
    [InlineData("webp", new byte[] { (byte)'R', (byte)'I', (byte)'F', (byte)'F' })]
    public async Task Images_come_in_the_format_that_is_asked_for(string format, byte[] signature)
    {
        var options = new ImageGenerationOptions { OutputFileFormat = new GeneratedImageFileFormat(format), OutputCompressionFactor = 90 };

        var image = (await Client.GetImageClient("genagent").GenerateImageAsync(Prompt, options, TestContext.Current.CancellationToken)).Value;

        image.ImageBytes.ToArray()[..signature.Length].ShouldBe(signature);
    }

    [Fact]
    public async Task An_image_is_edited()
    {
        var images = Client.GetImageClient("genagent");
        var first = (await images.GenerateImageAsync(Prompt, cancellationToken: TestContext.Current.CancellationToken)).Value;

        var edited = (await images.GenerateImageEditAsync(
            first.ImageBytes.ToStream(), "first.png", "one blue square", cancellationToken: TestContext.Current.CancellationToken)).Value;

        IsPng(edited.ImageBytes).ShouldBeTrue();
        edited.ImageBytes.ToArray().ShouldNotBe(first.ImageBytes.ToArray());
    }

    [Fact]
    public async Task Chat_answers_with_an_image_that_front_ends_show()
    {
        var chat = (await Client.GetChatClient("genagent")
            .CompleteChatAsync([new UserChatMessage(Prompt)], cancellationToken: TestContext.Current.CancellationToken)).Value;

        chat.Content.ShouldHaveSingleItem().Text.ShouldMatch(@"^!\[[^\]]*\]\(data:image/png;base64,");
        chat.FinishReason.ShouldBe(ChatFinishReason.Stop);
        chat.Usage.TotalTokenCount.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Chat_streams_to_its_end()
    {
        var (text, finish) = (string.Empty, default(ChatFinishReason?));
        await foreach (var update in Client.GetChatClient("genagent")
            .CompleteChatStreamingAsync([new UserChatMessage(Prompt)], cancellationToken: TestContext.Current.CancellationToken))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            finish = update.FinishReason ?? finish;
        }

        text.ShouldStartWith("![");
        finish.ShouldBe(ChatFinishReason.Stop);
    }

    [Fact]
    public async Task Responses_stream_thoughts_drafts_and_the_image()
    {
        var options = new CreateResponseOptions("genagent", [ResponseItem.CreateUserMessageItem(Prompt)]) { StreamingEnabled = true };
        options.Tools.Add(ResponseTool.CreateImageGenerationTool("genagent", partialImageCount: 3));
        var updates = new List<StreamingResponseUpdate>();

        await foreach (var update in await Client.GetResponsesClient().CreateResponseStreamingAsync(options, TestContext.Current.CancellationToken))
        {
            updates.Add(update);
        }

        updates[0].ShouldBeOfType<StreamingResponseCreatedUpdate>();
        updates.OfType<StreamingResponseImageGenerationCallGeneratingUpdate>()
            .ShouldNotBeEmpty(string.Join(' ', updates.Select(update => update.GetType().Name)));
        updates.OfType<StreamingResponseImageGenerationCallPartialImageUpdate>().ShouldNotBeEmpty();
        updates.OfType<StreamingResponseImageGenerationCallCompletedUpdate>().ShouldHaveSingleItem();
        var response = updates[^1].ShouldBeOfType<StreamingResponseCompletedUpdate>().Response;
        response.OutputItems.OfType<ReasoningResponseItem>().ShouldHaveSingleItem().GetSummaryText().ShouldNotBeEmpty();
        IsPng(response.OutputItems.OfType<ImageGenerationCallResponseItem>().ShouldHaveSingleItem().ImageResultBytes).ShouldBeTrue();
    }

    private static bool IsPng(BinaryData image) => image.ToArray() is [0x89, (byte)'P', (byte)'N', (byte)'G', ..];
}
