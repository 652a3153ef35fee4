/**
 * What people say at a role-playing table. The recogniser's base model was trained on news and talk and knows neither
 * the names of a campaign nor its manner of speaking; `{name}` stands for every name in the prompt.
 *
 * This is no list of what can be understood: it is mixed into the base model at a small weight.
 */
export const PHRASES: readonly string[] = `
{name}
{name} hello
hello {name}
good evening {name}
good morning {name}
{name} are you there
{name} can you hear me
{name} what do you think
{name} what do you know about the king
{name} what do you want
{name} what do you sell
{name} what is your name
{name} what happened here
{name} what can you tell me about the temple
{name} where is the blacksmith
{name} where are we
{name} where can we find the map
{name} where do you come from
{name} who are you
{name} who is the mayor
{name} who rules this land
{name} why are you here
{name} when did this happen
{name} how are you
{name} how much is the sword
{name} how much gold do you want
{name} how do we get to the mountain
{name} how far is the village
{name} can you help us
{name} can you open the door
{name} can you repair my armor
{name} can you fix the shield
{name} can you show me the way
{name} could you give me a potion
{name} could you tell us a story
{name} will you come with us
{name} will you fight with us
{name} would you like some ale
{name} do you have any food
{name} do you have a horse
{name} do you have any work for us
{name} do you know the wizard
{name} do you know where the bandits are
{name} do you remember me
{name} do you need help
{name} did you hear that
{name} did you see the thief
{name} have you ever seen a dragon
{name} have you heard the rumors
{name} is there a room for us
{name} is it safe in the forest
{name} are there any monsters near the river
{name} tell me about yourself
{name} tell me about the ruins
{name} tell us what you know
{name} tell us about the curse
{name} give me the key
{name} give us two beers
{name} show me your weapons
{name} show us the tunnel
{name} follow me
{name} look at this
{name} listen to me
{name} wait here
{name} stop
{name} please help us
{name} thank you
{name} we need your help
{name} we need a healer
{name} we are looking for the lost ring
{name} we want to buy some arrows
{name} we have to leave at dawn
{name} i want to buy a dagger
{name} i would like a drink
{name} i would like to sell this armor
{name} i need a new bow
{name} i have a question
{name} i am looking for work
{name} i do not trust you
{name} you are lying
{name} your friend is dead
thank you {name}
thanks {name}
i ask {name} about the treasure
i talk to {name}
i walk over to {name}
can i talk to {name}
let us talk to {name}
where is {name}
who is {name}
what does {name} say
have you seen {name}
what about you {name}
what do you say {name}
how are you {name}
come with us {name}
i attack the goblin
i attack the orc with my axe
i cast a spell
i draw my sword
i roll for initiative
i search the room
i open the chest
i sneak past the guard
i look around the tavern
what do i see
we go to the castle
we enter the dungeon
we rest for the night
let us go to the market
let us camp here tonight
everyone stop
`
  .trim()
  .split('\n');
